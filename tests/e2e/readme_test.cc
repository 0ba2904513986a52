// README promises no verb, option or exit code that the command does not have, and leaves none of
// them out.
#include <regex>
#include <set>
#include <string>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

std::string Readme() { return ReadFile(INGOT_TESTS_DIR "/../README.md"); }

std::set<std::string> All(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

TEST(ReadmeTest, NamesEveryVerb) {
  const std::string help = Shell(IngotCommand() + "--help").output;
  const size_t verbs = help.find("Verbs:");
  ASSERT_NE(verbs, std::string::npos);
  const std::set<std::string> have =
      All(help.substr(verbs, help.find("Examples:") - verbs), "\n  ([a-z]+) ");
  EXPECT_GE(have.size(), 7);
  EXPECT_EQ(have, All(Readme(), "\n    ingot ([a-z]+) "));
}

TEST(ReadmeTest, HasTheExitCodesOfTheHelp) {
  const std::string help = Shell(IngotCommand() + "--help").output;
  const std::set<std::string> have =
      All(help.substr(help.find("Exit codes:")), "\n *([0-9]+  [^\n]+)");
  EXPECT_GE(have.size(), 9);
  std::set<std::string> told;
  for (const std::string& row : All(Readme(), "\n\\| +([0-9]+ \\| [^\n]+) \\|")) {
    told.insert(absl::StrReplaceAll(row, {{" | ", "  "}}));
  }
  EXPECT_EQ(have, told);
}

TEST(ReadmeTest, ItsOptionsExist) {
  std::string help;
  for (const char* verb : {"create", "backup", "verify", "restore", "list", "cat", "info"}) {
    help += Shell(IngotCommand() + verb + " --help").output;
  }
  const std::set<std::string> have = All(help, "(--[a-z-]+)");
  // Of other programs.
  std::set<std::string> theirs = {"--zstd", "--xattrs", "--xattrs-include", "--acls", "--install"};
  for (const std::string& option : All(Readme(), "(--[a-z][a-z-]+)")) {
    EXPECT_TRUE(have.contains(option) || theirs.contains(option)) << option;
  }
}

}  // namespace
}  // namespace ingot
