#include <fcntl.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "tests/tools/read_verbs.h"
#include "tools/entry_text.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using testing::Not;

class ListTest : public ReadVerbTest {};

TEST_F(ListTest, NamesInTheOrderOfTheStream) {
  const CommandResult result = Run({"list", "c"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.output,
            "tree\ntree/file\ntree/hard\ntree/soft\ntree/sub\n"
            "tree/sub/odd\\n\\033[31m\\377\n");
}

TEST_F(ListTest, NothingReachesTheTerminalUnescaped) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"list", "c"}, {"list", "-l", "c"}, {"list", "--json", "c"}}) {
    EXPECT_EQ(Run(arguments).output.find('\x1b'), std::string::npos);
  }
}

TEST_F(ListTest, NullGivesNamesAsTheyAre) {
  const CommandResult result = Run({"list", "-0", "c", "odd*"});
  EXPECT_EQ(result.output, std::string("tree/sub/odd\n\x1b[31m\xff\0", 20));
  EXPECT_EQ(Run({"list", "-0", "--json", "c"}).exit_code, 2);
}

TEST_F(ListTest, LongIsAsTarShowsIt) {
  const CommandResult result = Run({"list", "--long", "c"});
  EXPECT_THAT(result.output, testing::ContainsRegex("\ndrwxr-xr-x [^ ]+/[^ ]+ +0 [-0-9]{10} "
                                                    "[:0-9]{8} tree/sub\n"));
  EXPECT_THAT(result.output, testing::ContainsRegex("-rwsr-x--- .* 7 .* tree/file\n"));
  EXPECT_THAT(result.output, testing::ContainsRegex("hrwsr-x--- .* tree/hard link to tree/file\n"));
  EXPECT_THAT(result.output, testing::ContainsRegex("lrwxrwxrwx .* tree/soft -> file\n"));
}

TEST_F(ListTest, JsonHasOneObjectPerLine) {
  const CommandResult result = Run({"list", "--json", "c"});
  std::vector<std::string> lines = absl::StrSplit(result.output, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 6u);
  const nlohmann::json file = nlohmann::json::parse(lines[1]);
  EXPECT_EQ(file["path"], "tree/file");
  EXPECT_EQ(file["type"], "file");
  EXPECT_EQ(file["mode"], "4750");
  EXPECT_EQ(file["size"], 7);
  EXPECT_EQ(file["digest"].get<std::string>().size(), 32u);
  EXPECT_FALSE(file.contains("path_base64"));
  const nlohmann::json odd = nlohmann::json::parse(lines[5]);
  std::string path;
  ASSERT_TRUE(absl::Base64Unescape(odd["path_base64"].get<std::string>(), &path));
  EXPECT_EQ(path, "tree/sub/odd\n\x1b[31m\xff");
  EXPECT_EQ(nlohmann::json::parse(lines[3])["link_target"], "file");
}

TEST_F(ListTest, PatternsAndWhatMatchesNothing) {
  EXPECT_EQ(Run({"list", "c", "file", "soft"}).output, "tree/file\ntree/soft\n");
  const CommandResult result = Run({"list", "c", "file", "nothing"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output, "tree/file\n");
  EXPECT_THAT(result.error, HasSubstr("nothing"));
}

TEST_F(ListTest, ReadsNoFrame) {
  Damage("c");
  EXPECT_EQ(Run({"list", "c"}).exit_code, 0);
}

TEST_F(ListTest, WhatIsMissingOrNotOurs) {
  const CommandResult missing = Run({"list", "no-such-file"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.error, HasSubstr("no-such-file"));
  EXPECT_EQ(Run({"list", "tree/file"}).exit_code, 4);
}

TEST_F(ListTest, AReaderThatHasSeenEnoughIsNoError) {
  const ShellResult result =
      Shell("cd " + scratch_.path() + "; " INGOT_BINARY " list c | true; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(result.output, "0\n") << result.error;
  EXPECT_EQ(result.error, "");
}

TEST(ModeTextTest, AsLsShowsIt) {
  EXPECT_EQ(ModeText(MemberType::kDirectory, 01777), "drwxrwxrwt");
  EXPECT_EQ(ModeText(MemberType::kRegular, 06644), "-rwSr-Sr--");
  EXPECT_EQ(ModeText(MemberType::kRegular, 01644), "-rw-r--r-T");
  EXPECT_EQ(ModeText(MemberType::kFifo, 0), "p---------");
}

}  // namespace
}  // namespace ingot
