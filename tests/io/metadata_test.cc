#include "io/metadata.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
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

// In the kernel's form.
std::string Acl(const std::vector<std::array<uint32_t, 3>>& entries) {
  const auto little_endian = [](uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  std::string acl = little_endian(2, 4);
  for (const auto& [tag, permissions, id] : entries) {
    acl += little_endian(tag, 2) + little_endian(permissions, 2) + little_endian(id, 4);
  }
  return acl;
}
constexpr uint32_t kNoId = 0xFFFFFFFF;
// user::rw-, user:1:rw-, group::---, mask::rw-, other::---: as a mode 0660, and nothing for the
// group.
const std::string kClosedToTheGroup =
    Acl({{1, 6, kNoId}, {2, 6, 1}, {4, 0, kNoId}, {16, 6, kNoId}, {32, 0, kNoId}});

constexpr uid_t kStranger = 65534;
constexpr gid_t kTheirGroup = 54321;

TEST(MetadataTest, TheGroupGetsNothingBeforeTheAclIsThere) {
  if (geteuid() != 0) SKIP_OR_FAIL("needs root, to become somebody else");
  ScratchDirectory scratch;
  ASSERT_EQ(chmod(scratch.path().c_str(), 0755), 0);
  const std::string path = scratch / "f";
  const std::vector<ExtendedAttribute> xattrs = {{"system.posix_acl_access", kClosedToTheGroup}};
  Metadata metadata;
  metadata.mode = 0660;
  metadata.gid = kTheirGroup;
  metadata.xattrs = xattrs;
  metadata.change_owner = true;
  const pid_t watcher = fork();
  if (watcher == 0) {
    if (setgroups(0, nullptr) != 0 || setgid(kTheirGroup) != 0 || setuid(kStranger) != 0) _exit(2);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setuid, which takes it back
    while (true) {
      if (open(path.c_str(), O_RDONLY | O_CLOEXEC) >= 0) _exit(1);
    }
  }
  const absl::Cleanup end_watcher = [watcher] {
    kill(watcher, SIGKILL);
    waitpid(watcher, nullptr, 0);
  };
  const auto has_ended = [watcher] {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(watcher), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
  };
  for (int i = 0; i < 3000 && !has_ended(); ++i) {
    const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    ASSERT_TRUE(SetMetadata(fd.get(), metadata).empty());
    ASSERT_EQ(Lstat(path).st_mode & 07777, 0660u);
    ASSERT_EQ(unlink(path.c_str()), 0);
  }
  EXPECT_FALSE(has_ended()) << "it could open the file";
}

TEST(MetadataTest, WithoutItsAclAFileIsNotOpenToTheGroup) {
  ScratchDirectory scratch;
  WriteFile(scratch / "f", "x");
  const Fd fd(open((scratch / "f").c_str(), O_WRONLY | O_CLOEXEC));
  // Without a mask, which the kernel refuses.
  const std::vector<ExtendedAttribute> xattrs = {
      {"system.posix_acl_access", Acl({{1, 6, kNoId}, {2, 6, 1}, {4, 4, kNoId}, {32, 0, kNoId}})}};
  Metadata metadata;
  metadata.mode = 0660;
  metadata.uid = getuid();
  metadata.gid = getgid();
  metadata.xattrs = xattrs;
  metadata.acl_group_bits = 0040;
  EXPECT_EQ(SetMetadata(fd.get(), metadata).size(), 1u);
  EXPECT_EQ(Lstat(scratch / "f").st_mode & 07777, 0640u);
}

TEST(MetadataTest, AttributesOfWhatItsOwnerMayNotWrite) {
  ScratchDirectory scratch;
  ASSERT_EQ(chmod(scratch.path().c_str(), 0777), 0);
  const uid_t me = geteuid();
  ASSERT_EQ(seteuid(me == 0 ? kStranger : me), 0);
  const Fd fd(open((scratch / "f").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::vector<ExtendedAttribute> xattrs = {{"user.a", "1"}};
  Metadata metadata;
  metadata.mode = 0444;
  metadata.uid = geteuid();
  metadata.gid = getgid();
  metadata.xattrs = xattrs;
  const std::vector<MetadataLoss> losses = SetMetadata(fd.get(), metadata);
  ASSERT_EQ(seteuid(me), 0);
  EXPECT_TRUE(losses.empty()) << losses[0].what;
  EXPECT_EQ(Lstat(scratch / "f").st_mode & 07777, 0444u);
}

// What lies under the name of a node or link that was just made, when others may write to the
// directory, may be another name of a file that is none of their business.
TEST(MetadataTest, WhatHasTakenThePlaceOfANodeIsLeftAlone) {
  ScratchDirectory scratch;
  WriteFile(scratch / "victim", "x");
  ASSERT_EQ(chmod((scratch / "victim").c_str(), 0600), 0);
  ASSERT_EQ(link((scratch / "victim").c_str(), (scratch / "node").c_str()), 0);
  ASSERT_EQ(mkfifo((scratch / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(link((scratch / "fifo").c_str(), (scratch / "also").c_str()), 0);
  const Fd directory(open(scratch.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Metadata metadata;
  metadata.mode = 0666;
  metadata.mtime = {1000, 5};
  for (const char* name : {"node", "also", "missing"}) {
    EXPECT_EQ(SetMetadataAt(directory.get(), name, /*symlink=*/false, metadata).size(), 1u);
  }
  EXPECT_EQ(Lstat(scratch / "victim").st_mode & 07777, 0600u);
  EXPECT_EQ(Lstat(scratch / "fifo").st_mode & 07777, 0600u);
  ASSERT_EQ(unlink((scratch / "also").c_str()), 0);
  EXPECT_TRUE(SetMetadataAt(directory.get(), "fifo", /*symlink=*/false, metadata).empty());
  EXPECT_EQ(Lstat(scratch / "fifo").st_mode & 07777, 0666u);
  EXPECT_EQ(Lstat(scratch / "fifo").st_mtim.tv_sec, 1000);
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

// As in a rescue system's chroot.
TEST(MetadataTest, WithoutProcOwnerAndTimesAreKept) {
  if (geteuid() != 0) SKIP_OR_FAIL("needs root, to hide /proc");
  ScratchDirectory scratch;
  ASSERT_EQ(symlink("nowhere", (scratch / "link").c_str()), 0);
  ASSERT_EQ(mkfifo((scratch / "fifo").c_str(), 0600), 0);
  Metadata metadata;
  metadata.mode = 0640;
  metadata.uid = kStranger;
  metadata.gid = kTheirGroup;
  metadata.mtime = {1000, 5};
  metadata.change_owner = true;
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", "", MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", "/proc", "tmpfs", 0, nullptr) != 0) {
      _exit(77);
    }
    const Fd directory(open(scratch.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!SetMetadataAt(directory.get(), "link", /*symlink=*/true, metadata).empty()) _exit(1);
    // Its mode is lost.
    _exit(SetMetadataAt(directory.get(), "fifo", /*symlink=*/false, metadata).size() == 1 ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) SKIP_OR_FAIL("cannot have a name space of its own");
  EXPECT_EQ(status, 0) << WEXITSTATUS(status);
  for (const char* name : {"link", "fifo"}) {
    const struct stat stat = Lstat(scratch / name);
    EXPECT_EQ(stat.st_uid, kStranger) << name;
    EXPECT_EQ(stat.st_gid, kTheirGroup) << name;
    EXPECT_EQ(stat.st_mtim.tv_sec, 1000) << name;
    EXPECT_EQ(stat.st_mtim.tv_nsec, 5) << name;
  }
}

}  // namespace
}  // namespace ingot::io
