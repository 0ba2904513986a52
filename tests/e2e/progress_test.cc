// What one sees on a terminal while a verb that reads a container runs.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class TerminalProgressTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(absl::StrCat("cd ", scratch_.path(),
                                      " && mkdir tree && head -c 2000000 /dev/urandom > tree/f && ",
                                      IngotCreate(), "-q -o c.tar.zst tree")));
  }
  // On a pseudo-terminal. Slow enough for a second of lines.
  std::string Shown(const std::string& arguments) {
    ShellResult result;
    EXPECT_TRUE(Succeeds(absl::StrCat("cd ", scratch_.path(), " && script -qec '", INGOT_BINARY,
                                      " ", arguments, " --limit-read 2M' /dev/null"),
                         &result));
    return result.output;
  }
  ScratchDirectory scratch_;
};

TEST_F(TerminalProgressTest, Verify) {
  EXPECT_THAT(Shown("verify c.tar.zst"), HasSubstr(" of 1.9 MiB read ("));
  EXPECT_THAT(Shown("verify --progress never c.tar.zst"), testing::Not(HasSubstr(" read (")));
}

TEST_F(TerminalProgressTest, Restore) {
  EXPECT_THAT(Shown("restore c.tar.zst -C out"), HasSubstr(" written  "));
}

}  // namespace
}  // namespace ingot
