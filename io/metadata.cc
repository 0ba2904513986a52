#include "io/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/blocking.h"
#include "io/fd.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr uint32_t kModeBits = 07777;
constexpr uint32_t kUnknownMode = ~uint32_t{0};  // no mode
constexpr char kAccessAcl[] = "system.posix_acl_access";
constexpr char kDefaultAcl[] = "system.posix_acl_default";

// One inode, by a descriptor; where that is of the place only (O_PATH) and the system takes none,
// by the path that it has in /proc, which leads to that inode whatever has its name by now.
class Inode {
 public:
  explicit Inode(int fd, bool place_only = false, bool symlink = false)
      : fd_(fd), symlink_(symlink) {
    if (place_only) path_ = absl::StrCat("/proc/self/fd/", fd);
  }

  bool symlink() const { return symlink_; }
  int Stat(struct stat* stat) const { return fstat(fd_, stat); }
  int Chown(uint32_t uid, uint32_t gid) const {
    return path_.empty() ? fchown(fd_, uid, gid) : fchownat(fd_, "", uid, gid, AT_EMPTY_PATH);
  }
  int Chmod(uint32_t mode) const {
    return path_.empty() ? fchmod(fd_, mode) : chmod(path_.c_str(), mode);
  }
  int SetXattr(const ExtendedAttribute& xattr) const {
    const char* name = xattr.name.c_str();
    return path_.empty() ? fsetxattr(fd_, name, xattr.value.data(), xattr.value.size(), 0)
                         : setxattr(path_.c_str(), name, xattr.value.data(), xattr.value.size(), 0);
  }
  int RemoveXattr(const char* name) const {
    return path_.empty() ? fremovexattr(fd_, name) : removexattr(path_.c_str(), name);
  }
  int SetTimes(const timespec times[2]) const {
    if (path_.empty()) return futimens(fd_, times);
    const int result = utimensat(fd_, "", times, AT_EMPTY_PATH);
    if (result == 0 || errno != EINVAL) return result;
    return utimensat(AT_FDCWD, path_.c_str(), times, 0);  // before Linux 5.8
  }

 private:
  int fd_;
  bool symlink_;
  std::string path_;
};

std::string ErrorText(absl::string_view what, int error_number) {
  return std::string(ErrnoStatus(error_number, "set", what).message());
}

// The set-id bits that may stay when nobody could change the owner: those of an owner that is right
// anyway.
uint32_t ModeForOwner(const Inode& inode, const Metadata& metadata) {
  constexpr uint32_t kSetIdBits = S_ISUID | S_ISGID;
  if ((metadata.mode & kSetIdBits) == 0) return metadata.mode;
  struct stat stat = {};
  if (inode.Stat(&stat) != 0) return metadata.mode & ~kSetIdBits;
  uint32_t mode = metadata.mode;
  if (stat.st_uid != metadata.uid) mode &= ~uint32_t{S_ISUID};
  if (stat.st_gid != metadata.gid) mode &= ~uint32_t{S_ISGID};
  return mode;
}

bool IsAcl(const ExtendedAttribute& xattr) {
  return xattr.name == kAccessAcl || xattr.name == kDefaultAcl;
}

// Whether none is left.
bool DropAcls(const Inode& inode, std::vector<MetadataLoss>* losses) {
  bool dropped = true;
  for (const char* name : {kAccessAcl, kDefaultAcl}) {
    // ENODATA is the rule, and a file system without ACLs hands none down.
    if (inode.RemoveXattr(name) == 0 || errno == ENODATA || errno == EOPNOTSUPP) continue;
    losses->push_back({std::string(ErrnoStatus(errno, "remove attribute", name).message())});
    dropped = false;
  }
  return dropped;
}

bool SetAttribute(const Inode& inode, const ExtendedAttribute& xattr,
                  std::vector<MetadataLoss>* losses) {
  if (inode.SetXattr(xattr) == 0) return true;
  const int error_number = errno;
  const bool privileged =
      error_number == EPERM && !RunningAsRoot() &&
      (absl::StartsWith(xattr.name, "security.") || absl::StartsWith(xattr.name, "trusted."));
  losses->push_back({ErrorText(absl::StrCat("attribute ", xattr.name), error_number), privileged});
  return false;
}

// The ACL before the mode, whose bits for the group stand for all whom an ACL names: until the ACL
// is there, they would be the owning group's. Set-id bits come last.
void SetAclsAndMode(const Inode& inode, const Metadata& metadata, bool owner_is_right,
                    uint32_t mode_before, std::vector<MetadataLoss>* losses) {
  uint32_t mode = (owner_is_right ? metadata.mode : ModeForOwner(inode, metadata)) & kModeBits;
  // The group's bits would be the mask of an inherited ACL that stays.
  if (metadata.drop_inherited_acls && !DropAcls(inode, losses)) mode &= ~uint32_t{S_IRWXG};
  for (const ExtendedAttribute& xattr : metadata.xattrs) {
    if (!IsAcl(xattr)) continue;
    mode_before = kUnknownMode;
    const bool set = SetAttribute(inode, xattr, losses);
    if (!set && xattr.name == kAccessAcl) mode &= ~uint32_t{S_IRWXG} | metadata.acl_group_bits;
  }
  // A change goes through the file system's journal even when it changes nothing, a look does not.
  if (mode_before == mode && !metadata.drop_inherited_acls) return;
  if (inode.Chmod(mode) != 0) losses->push_back({ErrorText("mode", errno)});
}

std::vector<MetadataLoss> Apply(const Inode& inode, const Metadata& metadata) {
  std::vector<MetadataLoss> losses;
  struct stat now = {};
  const bool known = inode.Stat(&now) == 0;
  const bool owner_was_right = known && now.st_uid == metadata.uid && now.st_gid == metadata.gid;
  const bool change_owner = metadata.change_owner && !owner_was_right;
  const bool changed = change_owner && inode.Chown(metadata.uid, metadata.gid) == 0;
  if (change_owner && !changed) {
    losses.push_back({ErrorText(absl::StrCat("owner ", metadata.uid, ":", metadata.gid), errno)});
  }
  for (const ExtendedAttribute& xattr : metadata.xattrs) {
    if (!IsAcl(xattr)) SetAttribute(inode, xattr, &losses);
  }
  if (!inode.symlink()) {
    // It may have changed with the owner.
    const uint32_t mode_before = known && !change_owner ? now.st_mode & kModeBits : kUnknownMode;
    SetAclsAndMode(inode, metadata, owner_was_right || changed, mode_before, &losses);
  }
  const timespec times[2] = {
      {0, UTIME_OMIT},
      {static_cast<time_t>(metadata.mtime.seconds), static_cast<long>(metadata.mtime.nanoseconds)}};
  if (inode.SetTimes(times) != 0) losses.push_back({ErrorText("mtime", errno)});
  return losses;
}

}  // namespace

std::vector<MetadataLoss> SetMetadata(int fd, const Metadata& metadata) {
  return Apply(Inode(fd), metadata);
}

std::vector<MetadataLoss> SetMetadataAt(int directory_fd, const std::string& name, bool symlink,
                                        const Metadata& metadata) {
  OpenRequest request{
      .directory_fd = directory_fd, .name = name.c_str(), .flags = O_PATH | O_NOFOLLOW};
  OpenBlocking(&request);
  if (request.result < 0) return {{ErrorText("all metadata", -request.result)}};
  const Fd place(request.result);
  struct stat now = {};
  if (fstat(place.get(), &now) != 0) return {{ErrorText("all metadata", errno)}};
  // Somebody who may write to the directory may have put another name of any inode there.
  // Some file systems count no links and say 0.
  if (S_ISLNK(now.st_mode) != symlink || S_ISREG(now.st_mode) || S_ISDIR(now.st_mode) ||
      now.st_nlink > 1) {
    return {{"replaced by something else meanwhile, whose metadata was left alone"}};
  }
  return Apply(Inode(place.get(), /*place_only=*/true, symlink), metadata);
}

bool RunningAsRoot() { return geteuid() == 0; }

}  // namespace ingot::io
