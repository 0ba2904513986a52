// No room, a quota that is used up, a file system that is read-only: one line that names path and
// cause, nothing is left behind, and what was there before stays.
#include <string>

#include "tests/e2e/command.h"
#include "tests/e2e/mounted_image.h"
#include "tests/e2e/running_command.h"

namespace ingot {
namespace {

using testing::HasSubstr;

struct Place {
  const char* name;
  const char* mount;
  const char* cause;
};
void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

constexpr Place kPlaces[] = {
    {"Ext4", kMountExt4, "No space left on device"},
    {"Tmpfs", kMountTmpfs, "No space left on device"},
    {"Quota", kMountWithQuota, "Disk quota exceeded"},
};

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!IsRoot()) SKIP_OR_FAIL("needs root, to mount");
    // More than 16 MiB, whatever it is compressed with, in files of all sizes.
    ASSERT_TRUE(Succeeds(in_scratch_ +
                         "mkdir tree && for i in {1..60}; do head -c 100000 /dev/urandom > "
                         "tree/$i; done; for i in {1..6}; do head -c 6000000 /dev/urandom > "
                         "tree/large$i; done"));
  }

  void ExpectFailure(const std::string& command, const std::string& path,
                     const std::string& cause) {
    ShellResult result;
    EXPECT_TRUE(ExitsWith(1, in_scratch_ + command, &result));
    EXPECT_EQ(Lines(result.error).size(), 1) << result.error;
    EXPECT_THAT(result.error, HasSubstr(path));
    EXPECT_THAT(result.error, HasSubstr(cause));
  }
  std::string Names(const std::string& directory) {
    return Shell("ls -A " + (scratch_ / directory)).output;
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

class FullTest : public FullDiskTest, public testing::WithParamInterface<Place> {
 protected:
  std::string Free() {
    return Shell("sync -f " + (scratch_ / "target") + "; df --output=avail -B1 " +
                 (scratch_ / "target") + " | tail -1")
        .output;
  }
};

TEST_P(FullTest, Create) {
  const MountedImage target(scratch_.path(), "target", GetParam().mount);
  if (!target.mounted()) SKIP_OR_FAIL(target.why_not());
  const std::string free = Free();
  ExpectFailure(IngotCreate() + "-o target/f.tar.zst tree", "target/f.tar.zst", GetParam().cause);
  EXPECT_EQ(Names("target"), "");
  // Room is given back a moment later: io_uring closes files on its own time.
  for (int i = 0; i < 50 && Free() != free; ++i) absl::SleepFor(absl::Milliseconds(100));
  EXPECT_EQ(Free(), free);

  ASSERT_TRUE(Succeeds(in_scratch_ + "echo old > target/f.tar.zst"));
  ExpectFailure(IngotCreate() + "--force -o target/f.tar.zst tree", "target/f.tar.zst",
                GetParam().cause);
  EXPECT_EQ(Names("target"), "f.tar.zst\n");
  EXPECT_EQ(ReadFile(scratch_ / "target/f.tar.zst"), "old\n");
}

TEST_P(FullTest, BackupInTheDumpAndInTheContent) {
  const MountedImage target(scratch_.path(), "target", GetParam().mount);
  if (!target.mounted()) SKIP_OR_FAIL(target.why_not());
  for (const char* dump : {"head -c 40000000 /dev/urandom; sleep 60", "echo whole"}) {
    ShellResult result;
    EXPECT_TRUE(ExitsWith(1,
                          in_scratch_ + IngotBackup() + "-q --dump-command '" + dump +
                              "' --content tree -o target/f.tar.zst",
                          &result));
    // Warnings of the checks come first: there is little room, indeed.
    ASSERT_FALSE(Lines(result.error).empty());
    EXPECT_THAT(Lines(result.error).back(), HasSubstr("ingot: error: "));
    EXPECT_THAT(Lines(result.error).back(), HasSubstr("target/f.tar.zst"));
    EXPECT_THAT(Lines(result.error).back(), HasSubstr(GetParam().cause));
    EXPECT_EQ(Names("target"), "");
    EXPECT_TRUE(AllEndIn(scratch_.path(), absl::Seconds(5))) << "the dump program still runs";
  }
}

// Where the dump is put aside, for a pipe.
TEST_P(FullTest, Spool) {
  const MountedImage target(scratch_.path(), "target", GetParam().mount);
  if (!target.mounted()) SKIP_OR_FAIL(target.why_not());
  ShellResult result;
  EXPECT_TRUE(ExitsWith(1,
                        in_scratch_ + "TMPDIR=$PWD/target " + IngotBackup() +
                            "-q --dump-command 'head -c 40000000 /dev/urandom' --content tree -o - "
                            "| cat > stream",
                        &result));
  EXPECT_THAT(Lines(result.error).back(), HasSubstr("/target"));
  EXPECT_EQ(Names("target"), "");
  EXPECT_NE(Shell("zstd -qt " + (scratch_ / "stream")).exit_code, 0);
}

// What is there is whole; what does not fit is not there.
TEST_P(FullTest, Restore) {
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-q -o f.tar.zst tree"));
  const MountedImage target(scratch_.path(), "target", GetParam().mount);
  if (!target.mounted()) SKIP_OR_FAIL(target.why_not());
  ShellResult result;
  EXPECT_TRUE(
      ExitsWith(1, in_scratch_ + IngotCommand() + "restore -q f.tar.zst -C target", &result));
  EXPECT_THAT(Lines(result.error).back(), HasSubstr(GetParam().cause));
  EXPECT_THAT(Lines(result.error).back(), HasSubstr("target/tree/"));
  EXPECT_TRUE(
      Succeeds(in_scratch_ +
               "cd target && find . -type f -name '.ingot-*' | (! grep .) && find tree -type "
               "f | while read -r file; do cmp $file ../$file || exit 1; done"));
}

INSTANTIATE_TEST_SUITE_P(Places, FullTest, testing::ValuesIn(kPlaces),
                         [](const testing::TestParamInfo<Place>& place) {
                           return std::string(place.param.name);
                         });

TEST_F(FullDiskTest, ReadOnly) {
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-q -o f.tar.zst tree/1 && mkdir small"));
  const MountedImage target(scratch_.path(), "target", kMountExt4);
  if (!target.mounted()) SKIP_OR_FAIL(target.why_not());
  ASSERT_TRUE(Succeeds(in_scratch_ + "echo old > target/f.tar.zst && mount -o remount,ro target"));
  const std::string cause = "Read-only file system";
  ExpectFailure(IngotCreate() + "-o target/g.tar.zst tree", "target/g.tar.zst", cause);
  ExpectFailure(IngotCreate() + "--force -o target/f.tar.zst tree", "target/f.tar.zst", cause);
  ExpectFailure(IngotCommand() + "restore f.tar.zst -C target/new", "target/new", cause);
  // Which looks before it begins.
  ExpectFailure(IngotBackup() +
                    "-q --dump-command 'touch dumped; echo x' --content small --force -o "
                    "target/f.tar.zst",
                scratch_ / "target", cause + "; name a target that is mounted for writing");
  EXPECT_NE(access((scratch_ / "dumped").c_str(), F_OK), 0);
  EXPECT_EQ(Names("target"), "f.tar.zst\n");
  EXPECT_EQ(ReadFile(scratch_ / "target/f.tar.zst"), "old\n");
  ShellResult result;
  EXPECT_TRUE(
      ExitsWith(1, in_scratch_ + IngotCommand() + "restore -q f.tar.zst -C target", &result));
  EXPECT_THAT(result.error, HasSubstr(cause));
}

}  // namespace
}  // namespace ingot
