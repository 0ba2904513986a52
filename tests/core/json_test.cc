#include "core/json.h"

#include "tests/testing.h"

namespace ingot {
namespace {

TEST(JsonTest, Utf8IsChecked) {
  for (const char* text : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
    EXPECT_EQ(ToUtf8(text), text);
  }
  for (const char* text :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "ok\xFEok"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << text;
    EXPECT_TRUE(IsValidUtf8(ToUtf8(text)));
    EXPECT_NE(ToUtf8(text).find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(JsonTest, OneReplacementForEachBrokenSequence) {
  EXPECT_EQ(ToUtf8("a\xE2\x82"
                   "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(ToUtf8("\xF0\x9F\x98"
                   "\xFF"),
            "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(JsonTest, TerminalsGetNoControl) {
  EXPECT_EQ(EscapeForTerminal("plain \xC3\xA4\xE2\x82\xAC"), "plain \xC3\xA4\xE2\x82\xAC");
  EXPECT_EQ(EscapeForTerminal("a\nb\tc\\d"), "a\\nb\\tc\\\\d");
  EXPECT_EQ(EscapeForTerminal("\x1B[31m\x7F\r"), "\\033[31m\\177\\015");
  EXPECT_EQ(EscapeForTerminal(absl::string_view("\0", 1)), "\\000");
  EXPECT_EQ(EscapeForTerminal("\xC2\x9B"
                              "31m"),
            "\\302\\23331m");  // CSI as one character
  EXPECT_EQ(EscapeForTerminal("\xC2\xA0"), "\xC2\xA0");
  EXPECT_EQ(EscapeForTerminal("\xFF\xE2\x82"), "\\377\\342\\202");
}

// "evil<U+202E>txt.exe" is shown as "evilexe.txt".
TEST(JsonTest, TerminalsGetNothingThatTurnsDirections) {
  EXPECT_EQ(EscapeForTerminal("evil\xE2\x80\xAEtxt.exe"), "evil\\342\\200\\256txt.exe");
  for (const char* text : {"\xD8\x9C", "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xAA",
                           "\xE2\x81\xA6", "\xE2\x81\xA9", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    EXPECT_EQ(EscapeForTerminal(text)[0], '\\') << EscapeForTerminal(text);
  }
  // Next to them, and right-to-left letters.
  for (const char* text : {"\xE2\x80\x8D", "\xE2\x80\xAF", "\xE2\x81\xA5", "\xD7\x90"}) {
    EXPECT_EQ(EscapeForTerminal(text), text);
  }
}

TEST(JsonTest, JsonForTerminalsIsTheSameJson) {
  EXPECT_EQ(JsonForTerminal("{\n  \"\xC3\xA4\": \"a\\u001b\x7F\xC2\x9B\xE2\x80\xAE.\"\n}"),
            "{\n  \"\xC3\xA4\": \"a\\u001b\\u007f\\u009b\\u202e.\"\n}");
}

}  // namespace
}  // namespace ingot
