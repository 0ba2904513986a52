#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "tests/io/mounted_tmpfs.h"
#include "tests/tools/read_verbs.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class RestoreCommandTest : public ReadVerbTest {};

TEST_F(RestoreCommandTest, WholeAndByPattern) {
  EXPECT_EQ(Run({"restore", "c", "-C", "out"}).exit_code, 0);
  EXPECT_EQ(ReadFile("out/tree/file"), "content");
  EXPECT_EQ(Run({"restore", "c", "-C", "part", "sub"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists("part/tree/file"));
  EXPECT_TRUE(std::filesystem::exists("part/tree/sub"));
  const CommandResult nothing = Run({"restore", "c", "-C", "none", "nothing"});
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_THAT(nothing.error, HasSubstr("nothing"));
  EXPECT_EQ(Run({"restore", "c"}).exit_code, 2);
  EXPECT_EQ(Run({"restore", "c", "-C", "no/such/parent"}).exit_code, 1);
}

TEST_F(RestoreCommandTest, KeepsWhatIsThereAndSaysHowToReplaceIt) {
  ASSERT_EQ(Run({"restore", "c", "-C", "out"}).exit_code, 0);
  WriteFile("out/tree/file", "mine");
  const CommandResult kept = Run({"restore", "c", "-C", "out"});
  EXPECT_EQ(kept.exit_code, 1);
  EXPECT_THAT(kept.error, HasSubstr("tree/file: exists and was kept; --force replaces it"));
  EXPECT_EQ(ReadFile("out/tree/file"), "mine");
  EXPECT_EQ(Run({"restore", "c", "-C", "out", "--force"}).exit_code, 0);
  EXPECT_EQ(ReadFile("out/tree/file"), "content");
}

TEST_F(RestoreCommandTest, DamageEndsAs4) {
  Damage("c");
  const CommandResult result = Run({"restore", "c", "-C", "out"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.error, HasSubstr("tree/file: not restored, the container is damaged"));
}

TEST_F(RestoreCommandTest, AFullDiskIsOneLineAndWhatIsLeft) {
  WriteFile("tree/big", std::string(8 << 20, 'x'));
  ASSERT_EQ(
      RunCommand({"create", "--io", TestEngineName(), "-q", "-o", "big", "tree"}, {RegisterCreate})
          .exit_code,
      0);
  const io::MountedTmpfs full(1 << 20);
  if (!full.mounted()) SKIP_OR_FAIL("needs root to mount a tmpfs");
  const CommandResult result = Run({"restore", "big", "-C", full.path()});
  EXPECT_EQ(result.exit_code, 1);
  // Of which member depends on the threads: once the disk is full, the other one meets it as well.
  EXPECT_THAT(result.error, HasSubstr(": No space left on device\n"));
  std::vector<std::string> lines = absl::StrSplit(result.error, '\n', absl::SkipEmpty());
  std::erase_if(lines, [](const std::string& line) {
    return absl::StrContains(line, "holds a part only");  // where something was restored before
  });
  EXPECT_EQ(lines.size(), 1u) << result.error;
  EXPECT_FALSE(std::filesystem::exists(full / "tree/big"));  // not half of it
}

}  // namespace
}  // namespace ingot
