#include "io/file_stat.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "io/status.h"

namespace ingot::io {
namespace {

Timestamp FromStatx(const struct statx_timestamp& time) {
  return Timestamp{.seconds = time.tv_sec, .nanoseconds = time.tv_nsec};
}

int Statx(int directory_fd, const char* name, int flags, FileStat* out) {
  struct statx raw;
  if (statx(directory_fd, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &raw) != 0) {
    return errno;
  }
  out->device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
  out->inode = raw.stx_ino;
  out->mode = raw.stx_mode;
  out->uid = raw.stx_uid;
  out->gid = raw.stx_gid;
  out->links = raw.stx_nlink;
  out->size = raw.stx_size;
  out->blocks_512 = raw.stx_blocks;
  out->device_major = raw.stx_rdev_major;
  out->device_minor = raw.stx_rdev_minor;
  out->mtime = FromStatx(raw.stx_mtime);
  out->ctime = FromStatx(raw.stx_ctime);
  return 0;
}

}  // namespace

absl::StatusOr<FileStat> StatAt(int directory_fd, const std::string& name) {
  FileStat stat;
  const int error = Statx(directory_fd, name.c_str(), AT_SYMLINK_NOFOLLOW, &stat);
  if (error != 0) return ErrnoStatus(error, "stat", name);
  return stat;
}

absl::StatusOr<FileStat> StatPath(const std::string& path) {
  FileStat stat;
  const int error = Statx(AT_FDCWD, path.c_str(), 0, &stat);
  if (error != 0) return ErrnoStatus(error, "stat", path);
  return stat;
}

absl::StatusOr<FileStat> StatFd(int fd) {
  FileStat stat;
  const int error = Statx(fd, "", AT_EMPTY_PATH, &stat);
  if (error != 0) return ErrnoStatus(error, "stat", "");
  return stat;
}

}  // namespace ingot::io
