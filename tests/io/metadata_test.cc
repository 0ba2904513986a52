#include "io/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "io/fd.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

struct stat Lstat(const std::string& path) {
  struct stat stat = {};
  EXPECT_EQ(lstat(path.c_str(), &stat), 0) << path;
  return stat;
}

TEST(MetadataTest, AllOfAFile) {
  ScratchDirectory scratch;
  WriteFile(scratch / "f", "x");
  const Fd fd(open((scratch / "f").c_str(), O_WRONLY | O_CLOEXEC));
  const std::vector<ExtendedAttribute> xattrs = {{"user.a", "1"}, {"user.b", ""}};
  Metadata metadata;
  metadata.mode = 06754;
  metadata.uid = getuid();
  metadata.gid = getgid();
  metadata.mtime = {-1, 999999999};
  metadata.xattrs = xattrs;
  metadata.change_owner = true;
  EXPECT_TRUE(SetMetadata(fd.get(), metadata).empty());
  EXPECT_EQ(Lstat(scratch / "f").st_mode & 07777, 06754u);
  EXPECT_EQ(Lstat(scratch / "f").st_mtim.tv_sec, -1);
  EXPECT_EQ(Lstat(scratch / "f").st_mtim.tv_nsec, 999999999);
  const auto read = ReadExtendedAttributes(fd.get());
  ASSERT_OK(read);
  EXPECT_EQ(*read, xattrs);
}

TEST(MetadataTest, SetIdBitsNeedTheRightOwner) {
  ScratchDirectory scratch;
  WriteFile(scratch / "f", "x");
  const Fd fd(open((scratch / "f").c_str(), O_WRONLY | O_CLOEXEC));
  Metadata metadata;
  metadata.mode = 06755;
  metadata.uid = getuid() + 1;
  metadata.gid = getgid();
  EXPECT_TRUE(SetMetadata(fd.get(), metadata).empty());
  EXPECT_EQ(Lstat(scratch / "f").st_mode & 07777, 02755u);
}

TEST(MetadataTest, WhatIsRefusedIsToldAndTheRestIsDone) {
  ScratchDirectory scratch;
  WriteFile(scratch / "f", "x");
  const Fd fd(open((scratch / "f").c_str(), O_WRONLY | O_CLOEXEC));
  const std::vector<ExtendedAttribute> xattrs = {{"nonsense.a", "1"}, {"user.b", "2"}};
  Metadata metadata;
  metadata.mode = 0640;
  metadata.mtime = {1000, 0};
  metadata.xattrs = xattrs;
  const std::vector<MetadataLoss> losses = SetMetadata(fd.get(), metadata);
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_THAT(losses[0].what, testing::HasSubstr("nonsense.a"));
  EXPECT_FALSE(losses[0].privileged);
  EXPECT_EQ(Lstat(scratch / "f").st_mode & 07777, 0640u);
  EXPECT_EQ(Lstat(scratch / "f").st_mtim.tv_sec, 1000);
}

TEST(MetadataTest, ALinkItselfAndNotWhatItPointsTo) {
  ScratchDirectory scratch;
  WriteFile(scratch / "f", "x");
  ASSERT_EQ(chmod((scratch / "f").c_str(), 0600), 0);
  ASSERT_EQ(symlink("f", (scratch / "l").c_str()), 0);
  const Fd directory(open(scratch.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Metadata metadata;
  metadata.mode = 0777;
  metadata.mtime = {1000, 5};
  EXPECT_TRUE(SetMetadataAt(directory.get(), "l", /*symlink=*/true, metadata).empty());
  EXPECT_EQ(Lstat(scratch / "l").st_mtim.tv_nsec, 5);
  EXPECT_EQ(Lstat(scratch / "f").st_mode & 07777, 0600u);
  EXPECT_NE(Lstat(scratch / "f").st_mtim.tv_sec, 1000);
}

}  // namespace
}  // namespace ingot::io
