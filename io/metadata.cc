#include "io/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr uint32_t kModeBits = 07777;

// One inode, by a descriptor or by its name, with the calls that each of them needs.
class Inode {
 public:
  explicit Inode(int fd) : fd_(fd) {}
  Inode(int directory_fd, const std::string& name, bool symlink)
      : fd_(directory_fd), name_(&name), symlink_(symlink) {
    proc_path_ = absl::StrCat("/proc/self/fd/", directory_fd, "/", name);
  }

  bool symlink() const { return symlink_; }
  int Stat(struct stat* stat) const {
    return name_ == nullptr ? fstat(fd_, stat)
                            : fstatat(fd_, name_->c_str(), stat, AT_SYMLINK_NOFOLLOW);
  }
  int Chown(uint32_t uid, uint32_t gid) const {
    return name_ == nullptr ? fchown(fd_, uid, gid)
                            : fchownat(fd_, name_->c_str(), uid, gid, AT_SYMLINK_NOFOLLOW);
  }
  int Chmod(uint32_t mode) const {
    return name_ == nullptr ? fchmod(fd_, mode)
                            : fchmodat(fd_, name_->c_str(), mode, AT_SYMLINK_NOFOLLOW);
  }
  int SetXattr(const ExtendedAttribute& xattr) const {
    const char* name = xattr.name.c_str();
    return name_ == nullptr
               ? fsetxattr(fd_, name, xattr.value.data(), xattr.value.size(), 0)
               : lsetxattr(proc_path_.c_str(), name, xattr.value.data(), xattr.value.size(), 0);
  }
  int RemoveXattr(const char* name) const {
    return name_ == nullptr ? fremovexattr(fd_, name) : lremovexattr(proc_path_.c_str(), name);
  }
  int SetTimes(const timespec times[2]) const {
    return name_ == nullptr ? futimens(fd_, times)
                            : utimensat(fd_, name_->c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

 private:
  int fd_;
  const std::string* name_ = nullptr;
  bool symlink_ = false;
  std::string proc_path_;
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

void DropAcls(const Inode& inode) {
  // ENODATA is the rule, and a file system without ACLs hands none down.
  inode.RemoveXattr("system.posix_acl_access");
  inode.RemoveXattr("system.posix_acl_default");
}

void SetOwnerAndMode(const Inode& inode, const Metadata& metadata,
                     std::vector<MetadataLoss>* losses) {
  // A change goes through the file system's journal even when it changes nothing, a look does not.
  struct stat now = {};
  const bool known = inode.Stat(&now) == 0;
  bool owner_is_right = known && now.st_uid == metadata.uid && now.st_gid == metadata.gid;
  const bool change_owner = metadata.change_owner && !owner_is_right;
  if (change_owner) {
    owner_is_right = inode.Chown(metadata.uid, metadata.gid) == 0;
    if (!owner_is_right) {
      losses->push_back(
          {ErrorText(absl::StrCat("owner ", metadata.uid, ":", metadata.gid), errno)});
    }
  }
  if (inode.symlink()) return;
  if (metadata.drop_inherited_acls) DropAcls(inode);
  const uint32_t mode =
      (owner_is_right ? metadata.mode : ModeForOwner(inode, metadata)) & kModeBits;
  // Changing the owner or the ACLs may have changed the mode.
  const bool mode_is_right =
      known && !change_owner && !metadata.drop_inherited_acls && (now.st_mode & kModeBits) == mode;
  if (!mode_is_right && inode.Chmod(mode) != 0) losses->push_back({ErrorText("mode", errno)});
}

std::vector<MetadataLoss> Apply(const Inode& inode, const Metadata& metadata) {
  std::vector<MetadataLoss> losses;
  SetOwnerAndMode(inode, metadata, &losses);
  for (const ExtendedAttribute& xattr : metadata.xattrs) {
    if (inode.SetXattr(xattr) == 0) continue;
    const int error_number = errno;
    const bool privileged =
        error_number == EPERM && !RunningAsRoot() &&
        (absl::StartsWith(xattr.name, "security.") || absl::StartsWith(xattr.name, "trusted."));
    losses.push_back({ErrorText(absl::StrCat("attribute ", xattr.name), error_number), privileged});
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
  return Apply(Inode(directory_fd, name, symlink), metadata);
}

bool RunningAsRoot() { return geteuid() == 0; }

}  // namespace ingot::io
