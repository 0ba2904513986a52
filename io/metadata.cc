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

// The set-id bits that may stay when nobody could change the owner: those of an owner that is right anyway.
absl::StatusOr<uint32_t> ModeForOwner(const Inode& inode, const Metadata& metadata,
                                      const std::string& path) {
  uint32_t mode = metadata.mode & kModeBits;
  if ((mode & (S_ISUID | S_ISGID)) == 0) return mode;
  struct stat stat = {};
  if (inode.Stat(&stat) != 0) return ErrnoStatus(errno, "stat", path);
  if (stat.st_uid != metadata.uid) mode &= ~uint32_t{S_ISUID};
  if (stat.st_gid != metadata.gid) mode &= ~uint32_t{S_ISGID};
  return mode;
}

void DropAcls(const Inode& inode) {
  // ENODATA is the rule, and a file system without ACLs hands none down.
  inode.RemoveXattr("system.posix_acl_access");
  inode.RemoveXattr("system.posix_acl_default");
}

absl::StatusOr<std::vector<MetadataLoss>> Apply(const Inode& inode, const Metadata& metadata,
                                                const std::string& path) {
  std::vector<MetadataLoss> losses;
  if (metadata.change_owner && inode.Chown(metadata.uid, metadata.gid) != 0) {
    losses.push_back({ErrorText(absl::StrCat("owner ", metadata.uid, ":", metadata.gid), errno)});
  }
  if (!inode.symlink()) {
    if (metadata.drop_inherited_acls) DropAcls(inode);
    uint32_t mode = metadata.mode & kModeBits;
    if (!metadata.change_owner || !losses.empty()) {
      INGOT_ASSIGN_OR_RETURN(mode, ModeForOwner(inode, metadata, path));
    }
    if (inode.Chmod(mode) != 0) return ErrnoStatus(errno, "change the mode of", path);
  }
  for (const ExtendedAttribute& xattr : metadata.xattrs) {
    if (inode.SetXattr(xattr) == 0) continue;
    const bool privileged =
        errno == EPERM && !RunningAsRoot() &&
        (absl::StartsWith(xattr.name, "security.") || absl::StartsWith(xattr.name, "trusted."));
    losses.push_back({ErrorText(absl::StrCat("attribute ", xattr.name), errno), privileged});
  }
  const timespec times[2] = {{0, UTIME_OMIT},
                             {static_cast<time_t>(metadata.mtime.seconds),
                              static_cast<long>(metadata.mtime.nanoseconds)}};
  if (inode.SetTimes(times) != 0) return ErrnoStatus(errno, "set the times of", path);
  return losses;
}

}  // namespace

absl::StatusOr<std::vector<MetadataLoss>> SetMetadata(int fd, const Metadata& metadata,
                                                      const std::string& path) {
  return Apply(Inode(fd), metadata, path);
}

absl::StatusOr<std::vector<MetadataLoss>> SetMetadataAt(int directory_fd, const std::string& name,
                                                        bool symlink, const Metadata& metadata,
                                                        const std::string& path) {
  return Apply(Inode(directory_fd, name, symlink), metadata, path);
}

bool RunningAsRoot() { return geteuid() == 0; }

}  // namespace ingot::io
