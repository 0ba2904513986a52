// README promises no verb, option or exit code that the command does not have, and leaves none of
// them out.
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

std::string Readme() { return ReadFile(INGOT_TESTS_DIR "/../README.md"); }

// What of each line matches a Perl pattern. (GCC 12 does not compile <regex> with sanitizers and
// -Werror.)
std::set<std::string> All(const std::string& text, const std::string& pattern) {
  ScratchDirectory scratch;
  WriteFile(scratch / "text", text);
  const std::vector<std::string> lines =
      Lines(Shell("grep -oP -e " + Quote(pattern) + " " + (scratch / "text")).output);
  return {lines.begin(), lines.end()};
}

TEST(ReadmeTest, NamesEveryVerb) {
  const std::string help = Shell(IngotCommand() + "--help").output;
  const size_t verbs = help.find("Verbs:");
  ASSERT_NE(verbs, std::string::npos);
  const std::set<std::string> have =
      All(help.substr(verbs, help.find("Examples:") - verbs), "^  \\K[a-z]+(?= )");
  EXPECT_GE(have.size(), 7);
  EXPECT_EQ(have, All(Readme(), "^    ingot \\K[a-z]+(?= )"));
}

TEST(ReadmeTest, HasTheExitCodesOfTheHelp) {
  const std::string help = Shell(IngotCommand() + "--help").output;
  const std::set<std::string> have = All(help.substr(help.find("Exit codes:")), "^ *\\K[0-9]+  .+");
  EXPECT_GE(have.size(), 9);
  std::set<std::string> told;
  for (const std::string& row : All(Readme(), "^\\| +\\K[0-9]+ \\| .+(?= \\|$)")) {
    told.insert(absl::StrReplaceAll(row, {{" | ", "  "}}));
  }
  EXPECT_EQ(have, told);
}

TEST(ReadmeTest, ItsOptionsExist) {
  std::string help;
  for (const char* verb :
       {"create", "backup", "verify", "restore", "salvage", "list", "cat", "info"}) {
    help += Shell(IngotCommand() + verb + " --help").output;
  }
  const std::set<std::string> have = All(help, "--[a-z][a-z-]+");
  // Of other programs.
  std::set<std::string> theirs = {"--zstd", "--xattrs", "--xattrs-include", "--acls", "--install"};
  for (const std::string& option : All(Readme(), "--[a-z][a-z-]+")) {
    EXPECT_TRUE(have.contains(option) || theirs.contains(option)) << option;
  }
}

}  // namespace
}  // namespace ingot
