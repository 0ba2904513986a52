#include "tools/alfresco/properties.h"

#include "tests/testing.h"

namespace ingot {
namespace {

using Values = std::map<std::string, std::string>;
using testing::ElementsAre;
using testing::HasSubstr;

struct PropertiesCase {
  const char* what;
  std::string text;
  Values values;
};

TEST(PropertiesTest, AsJavaReadsThem) {
  const PropertiesCase cases[] = {
      // The examples of java.util.Properties' documentation.
      {"three separators",
       "Truth = Beauty\n Truth2:Beauty\nTruth3                    :Beauty\n",
       {{"Truth", "Beauty"}, {"Truth2", "Beauty"}, {"Truth3", "Beauty"}}},
      {"continuation",
       "fruits                           apple, banana, pear, \\\n"
       "                                 cantaloupe, watermelon, \\\n"
       "                                 kiwi, mango\n",
       {{"fruits", "apple, banana, pear, cantaloupe, watermelon, kiwi, mango"}}},
      {"key alone", "cheeses\n", {{"cheeses", ""}}},
      {"escaped separators", "\\:\\= = x\n", {{":=", "x"}}},
      // Separators.
      {"no separator but space", "key value with words\n", {{"key", "value with words"}}},
      {"tab and form feed", "a\tb\nc\fd\n", {{"a", "b"}, {"c", "d"}}},
      {"second separator is the value's",
       "a==b\nc=:d\ne : = f\n",
       {{"a", "=b"}, {"c", ":d"}, {"e", "= f"}}},
      {"empty key", "=x\n", {{"", "x"}}},
      {"url as value",
       "db.url=jdbc:mysql://h:3306/a?b=c&d=e#f\n",
       {{"db.url", "jdbc:mysql://h:3306/a?b=c&d=e#f"}}},
      {"trailing white space stays", "a=b \t\n", {{"a", "b \t"}}},
      {"escaped space in key", "a\\ b=c\n", {{"a b", "c"}}},
      {"escaped space begins value", "a=\\ b\n", {{"a", " b"}}},
      {"white space first", " \t\f a=b\n", {{"a", "b"}}},
      // Comments and lines.
      {"comments", "# x=1\n  ! y=2\na=b # no comment\n", {{"a", "b # no comment"}}},
      {"comments do not continue", "# x \\\na=b\n", {{"a", "b"}}},
      {"comment sign in a continuation", "a=b\\\n#c\n", {{"a", "b#c"}}},
      {"blank lines", "\n  \n\t\na=b\n\n", {{"a", "b"}}},
      {"line ends", "a=1\rb=2\r\nc=3\nd=4", {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}},
      {"continued over CRLF", "a=1\\\r\n  2\r\n", {{"a", "12"}}},
      {"two backslashes do not continue", "a=1\\\\\nb=2\n", {{"a", "1\\"}, {"b", "2"}}},
      {"three do", "a=1\\\\\\\nb=2\n", {{"a", "1\\b=2"}}},
      {"blank continuation ends it", "a=1\\\n   \nb=2\n", {{"a", "1"}, {"b", "2"}}},
      {"backslash at the end of the file", "a=1\\", {{"a", "1"}}},
      {"backslash and newline at the end", "a=1\\\n", {{"a", "1"}}},
      {"continued key", "ab\\\n   cd=1\n", {{"abcd", "1"}}},
      {"the last one wins", "a=1\na=2\n", {{"a", "2"}}},
      {"nothing", "", {}},
      // Escapes.
      {"letters", "a=\\t\\n\\r\\f\n", {{"a", "\t\n\r\f"}}},
      {"others are themselves", "a=\\b\\q\\\"\\\\\\z\n", {{"a", "bq\"\\z"}}},
      {"Windows path", "dir.root=C\\:\\\\alf_data\n", {{"dir.root", "C:\\alf_data"}}},
      {"unicode", "a=\\u0041\\u00e9\\u20AC\n", {{"a", "A\xc3\xa9\xe2\x82\xac"}}},
      {"surrogate pair", "a=\\uD83D\\uDE00\n", {{"a", "\xf0\x9f\x98\x80"}}},
      {"half pairs", "a=\\uD83Dx\\uDE00\n", {{"a", "\xef\xbf\xbdx\xef\xbf\xbd"}}},
      {"escaped unicode is no escape", "a=\\\\u0041\n", {{"a", "\\u0041"}}},
      {"Latin-1", "a=\xe9\n", {{"a", "\xc3\xa9"}}},
      {"UTF-8 is read as Latin-1", "a=\xc3\xa9\n", {{"a", "\xc3\x83\xc2\xa9"}}},
      {"unicode in key", "\\u0061=1\n", {{"a", "1"}}},
  };
  for (const PropertiesCase& c : cases) {
    const absl::StatusOr<Properties> properties = ParseProperties(c.text);
    ASSERT_TRUE(properties.ok()) << c.what << ": " << properties.status();
    EXPECT_EQ(properties->values, c.values) << c.what;
  }
}

TEST(PropertiesTest, TellsLinesThatLookLikeUtf8) {
  const absl::StatusOr<Properties> properties =
      ParseProperties("a=1\n# \xc3\xa9\nb=x\\\n  \xc3\xa9\nc=\xe9\nd=\xe2\x82\xac\n");
  ASSERT_OK(properties);
  EXPECT_THAT(properties->utf8_lines, ElementsAre(3, 6));
}

TEST(PropertiesTest, MalformedUnicodeNamesItsLine) {
  for (const char* text : {"a=1\nb=\\u12\n", "a=1\nb=\\u12G4\n", "a=1\nb=\\u"}) {
    const absl::StatusOr<Properties> properties = ParseProperties(text);
    EXPECT_EQ(properties.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(properties.status().message()), HasSubstr("line 2")) << text;
  }
}

TEST(PropertiesTest, TooLargeIsRefused) {
  EXPECT_FALSE(ParseProperties(std::string(kPropertiesBytesMax + 1, '#')).ok());
}

std::string Resolved(const Values& values, const std::string& text) {
  const absl::StatusOr<ResolvedValue> value = ResolvePlaceholders(values, text);
  EXPECT_OK(value);
  return value.ok() ? value->text : "";
}

TEST(PlaceholderTest, AreReplacedThroughAndThrough) {
  const Values values = {
      {"root", "/srv"}, {"store", "${root}/cs"}, {"which", "store"}, {"empty", ""}};
  EXPECT_EQ(Resolved(values, "${store}/x"), "/srv/cs/x");
  EXPECT_EQ(Resolved(values, "${root}${empty}${root}"), "/srv/srv");
  EXPECT_EQ(Resolved(values, "${${which}}"), "/srv/cs");
  EXPECT_EQ(Resolved(values, "$root $ {root} ${"), "$root $ {root} ${");
  EXPECT_EQ(Resolved(values, "a}b"), "a}b");
}

TEST(PlaceholderTest, UnresolvedOnesStayAndAreListed) {
  const absl::StatusOr<ResolvedValue> value =
      ResolvePlaceholders({{"a", "${x}/${y}"}}, "${a}-${x}-${b:default}");
  ASSERT_OK(value);
  EXPECT_EQ(value->text, "${x}/${y}-${x}-${b:default}");
  EXPECT_THAT(value->unresolved, ElementsAre("x", "y", "b:default"));
}

TEST(PlaceholderTest, CyclesEnd) {
  const Values values = {{"a", "1${b}"}, {"b", "2${a}"}, {"self", "${self}"}};
  const absl::StatusOr<ResolvedValue> value = ResolvePlaceholders(values, "${a}");
  ASSERT_OK(value);
  EXPECT_EQ(value->text, "12${a}");
  EXPECT_THAT(value->unresolved, ElementsAre("a"));
  EXPECT_EQ(Resolved(values, "${self}"), "${self}");
}

TEST(PlaceholderTest, WorkIsBounded) {
  Values values = {{"v0", "xx"}};
  for (int i = 1; i < 40; ++i) {
    const std::string below = "${v" + std::to_string(i - 1) + "}";
    values["v" + std::to_string(i)] = below + below;
  }
  EXPECT_EQ(ResolvePlaceholders(values, "${v39}").status().code(),
            absl::StatusCode::kInvalidArgument);
  values["v0"] = "";
  EXPECT_EQ(ResolvePlaceholders(values, "${v39}").status().code(),
            absl::StatusCode::kInvalidArgument);
  std::string nested;
  for (int i = 0; i < 5000; ++i) nested += "${";
  nested += std::string(5000, '}');
  EXPECT_EQ(ResolvePlaceholders(values, nested).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ingot
