#include "io/file_stat.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "io/fd.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

TEST(FileStatTest, TellsWhatStatTells) {
  ScratchDirectory scratch;
  const std::string path = scratch / "file";
  WriteFile(path, "12345");
  ASSERT_EQ(chmod(path.c_str(), 04751), 0);
  const struct timespec times[2] = {{.tv_sec = 1, .tv_nsec = 2},
                                    {.tv_sec = -5, .tv_nsec = 250'000'000}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  ASSERT_EQ(link(path.c_str(), (scratch / "second").c_str()), 0);

  struct stat expected;
  ASSERT_EQ(stat(path.c_str(), &expected), 0);
  const absl::StatusOr<FileStat> got = StatPath(path);
  ASSERT_OK(got);
  EXPECT_EQ(got->device, expected.st_dev);
  EXPECT_EQ(got->inode, expected.st_ino);
  EXPECT_EQ(got->mode, expected.st_mode);
  EXPECT_EQ(got->mode & 07777, 04751u);
  EXPECT_EQ(got->uid, expected.st_uid);
  EXPECT_EQ(got->gid, expected.st_gid);
  EXPECT_EQ(got->links, 2u);
  EXPECT_EQ(got->size, 5u);
  EXPECT_EQ(got->blocks_512, static_cast<uint64_t>(expected.st_blocks));
  EXPECT_EQ(got->mtime, (Timestamp{.seconds = -5, .nanoseconds = 250'000'000}));
  EXPECT_EQ(got->ctime.seconds, expected.st_ctim.tv_sec);
  EXPECT_TRUE(got->IsRegular());
  EXPECT_FALSE(got->IsDirectory());
}

TEST(FileStatTest, LinksAreFollowedOnlyByPath) {
  ScratchDirectory scratch;
  WriteFile(scratch / "file", "x");
  ASSERT_EQ(symlink("file", (scratch / "link").c_str()), 0);
  const Fd directory(open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const absl::StatusOr<FileStat> link = StatAt(directory.get(), "link");
  ASSERT_OK(link);
  EXPECT_TRUE(S_ISLNK(link->mode));
  const absl::StatusOr<FileStat> target = StatPath(scratch / "link");
  ASSERT_OK(target);
  EXPECT_TRUE(target->IsRegular());
  const absl::StatusOr<FileStat> opened = StatFd(directory.get());
  ASSERT_OK(opened);
  EXPECT_TRUE(opened->IsDirectory());
}

TEST(FileStatTest, DeviceNumbers) {
  const absl::StatusOr<FileStat> null = StatPath("/dev/null");
  ASSERT_OK(null);
  EXPECT_EQ(null->device_major, 1u);
  EXPECT_EQ(null->device_minor, 3u);
}

TEST(FileStatTest, HolesShowInTheBlocks) {
  ScratchDirectory scratch;
  WriteFile(scratch / "sparse", "");
  ASSERT_EQ(truncate((scratch / "sparse").c_str(), 1 << 20), 0);
  WriteFile(scratch / "full", std::string(8192, 'x'));
  EXPECT_TRUE(StatPath(scratch / "sparse")->HasHoles());
  EXPECT_FALSE(StatPath(scratch / "full")->HasHoles());
}

TEST(FileStatTest, ErrorsNameTheFile) {
  const absl::StatusOr<FileStat> missing = StatAt(AT_FDCWD, "/nowhere/at all");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(std::string(missing.status().message()), testing::HasSubstr("/nowhere/at all"));
  EXPECT_FALSE(StatFd(-1).ok());
}

}  // namespace
}  // namespace ingot::io
