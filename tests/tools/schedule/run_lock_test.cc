#include "tools/schedule/run_lock.h"

#include <sys/file.h>

#include <filesystem>
#include <optional>

#include "io/directory.h"
#include "io/process.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

TEST(RunLockTest, KeepsTwoRunsApart) {
  const ScratchDirectory scratch;
  {
    const absl::StatusOr<RunLock> first = AcquireRunLock(scratch.path());
    ASSERT_OK(first);
    const absl::StatusOr<RunLock> second = AcquireRunLock(scratch.path());
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(second.status().message(), HasSubstr(scratch.path()));
  }
  EXPECT_OK(AcquireRunLock(scratch.path()));
}

TEST(RunLockTest, HoldsAgainstAnotherProcess) {
  const ScratchDirectory scratch;
  const std::string probe = "flock --nonblock --conflict-exit-code 9 " + scratch.path() + " true";
  {
    const absl::StatusOr<RunLock> lock = AcquireRunLock(scratch.path());
    ASSERT_OK(lock);
    EXPECT_EQ(Shell(probe).exit_code, 9);
  }
  EXPECT_EQ(Shell(probe).exit_code, 0);
}

TEST(RunLockTest, IsOfTheDirectoryWhateverItsName) {
  const ScratchDirectory scratch;
  fs::create_directory(scratch / "root");
  fs::create_directory_symlink("root", scratch / "link");
  const absl::StatusOr<RunLock> lock = AcquireRunLock(scratch / "root");
  ASSERT_OK(lock);
  EXPECT_EQ(AcquireRunLock(scratch / "link").status().code(), absl::StatusCode::kUnavailable);
}

TEST(RunLockTest, LeavesNothingBehind) {
  const ScratchDirectory scratch;
  ASSERT_OK(AcquireRunLock(scratch.path()));
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

TEST(RunLockTest, IsNotInheritedByPrograms) {
  const ScratchDirectory scratch;
  std::optional<RunLock> lock;
  absl::StatusOr<RunLock> acquired = AcquireRunLock(scratch.path());
  ASSERT_OK(acquired);
  lock = std::move(*acquired);
  const absl::StatusOr<io::Process> child = io::Process::Start({.arguments = {"sleep", "100"}});
  ASSERT_OK(child);
  lock.reset();
  EXPECT_OK(AcquireRunLock(scratch.path()));
}

TEST(RunLockTest, ADirectoryThatIsNotThere) {
  const ScratchDirectory scratch;
  const absl::Status status = AcquireRunLock(scratch / "no").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(scratch / "no"));
  WriteFile(scratch / "file", "");
  EXPECT_FALSE(AcquireRunLock(scratch / "file").ok());
}

}  // namespace
}  // namespace ingot
