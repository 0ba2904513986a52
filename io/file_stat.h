// What statx(2) tells of an inode, in the units that the rest of the code uses.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace ingot::io {

struct Timestamp {
  int64_t seconds = 0;       // since the epoch; may be negative
  uint32_t nanoseconds = 0;  // 0 .. 999,999,999, always added
  auto operator<=>(const Timestamp&) const = default;
};

struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint32_t mode = 0;  // type and permission bits, as st_mode
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t links = 0;
  uint64_t size = 0;          // bytes
  uint64_t blocks_512 = 0;    // allocated, in units of 512 bytes
  uint32_t device_major = 0;  // of a device node
  uint32_t device_minor = 0;
  Timestamp mtime;
  Timestamp ctime;

  bool IsSameInode(const FileStat& other) const {
    return device == other.device && inode == other.inode;
  }
  bool IsDirectory() const { return S_ISDIR(mode); }
  bool IsRegular() const { return S_ISREG(mode); }
  bool HasHoles() const { return IsRegular() && blocks_512 * 512 < size; }
};

// Never follows a symbolic link in the last component. Errors name `name`.
absl::StatusOr<FileStat> StatAt(int directory_fd, const std::string& name);
// Follows symbolic links.
absl::StatusOr<FileStat> StatPath(const std::string& path);
absl::StatusOr<FileStat> StatFd(int fd);  // errors name no path

}  // namespace ingot::io
