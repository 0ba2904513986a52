#include "tools/preflight/target_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/io/mounted_tmpfs.h"
#include "tests/testing.h"
#include "tests/tools/preflight/checks.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

class TargetCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scratch_ / "content/inner");
    fs::create_directories(scratch_ / "backup");
    plan_.content.push_back(
        {TreeRoot{
             .source_path = scratch_ / "content", .member_path = "content", .follow_symlink = true},
         StageRole::kContentStore});
  }
  ScratchDirectory scratch_;
  BackupPlan plan_;
};

TEST_F(TargetCheckTest, InsideASource) {
  ExpectOne(CheckTarget(plan_, scratch_ / "content/inner/a.tar.zst"), Severity::kWarning, "target",
            {"lies within", scratch_ / "content", "-o"});
  fs::create_directory_symlink(scratch_ / "content/inner", scratch_ / "link");
  ExpectOne(CheckTarget(plan_, scratch_ / "link/a.tar.zst"), Severity::kWarning, "target",
            {"lies within"});
}

TEST_F(TargetCheckTest, OnTheSameFileSystem) {
  ExpectOne(CheckTarget(plan_, scratch_ / "backup/a.tar.zst"), Severity::kNote, "target",
            {"same file system"});
}

TEST_F(TargetCheckTest, OnAnotherFileSystemNothingIsTold) {
  const io::MountedTmpfs other(1 << 20);
  if (!other.mounted()) SKIP_OR_FAIL("mounting needs root");
  ExpectNone(CheckTarget(plan_, other / "a.tar.zst"), "target");
}

TEST_F(TargetCheckTest, ADirectoryThatDoesNotExistIsWrongUsage) {
  const PreflightResult result = CheckTarget(plan_, scratch_ / "nowhere/a.tar.zst");
  ExpectOne(result, Severity::kError, "target", {scratch_ / "nowhere", "make the directory"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TargetCheckTest, ADirectoryThatMayNotBeWritten) {
  const bool is_root = geteuid() == 0;
  chmod(scratch_.path().c_str(), 0755);
  chmod((scratch_ / "backup").c_str(), 0555);
  ASSERT_EQ(is_root ? seteuid(kNobody) : 0, 0);
  const PreflightResult result = CheckTarget({}, scratch_ / "backup/a.tar.zst");
  ASSERT_EQ(is_root ? seteuid(0) : 0, 0);
  ExpectOne(result, Severity::kError, "target", {scratch_ / "backup"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(TargetCheckTest, NothingIsWritten) {
  CheckTarget(plan_, scratch_ / "backup/a.tar.zst");
  EXPECT_TRUE(fs::is_empty(scratch_ / "backup"));
}

}  // namespace
}  // namespace ingot
