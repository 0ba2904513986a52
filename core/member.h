// One member of a container, as create lays it out and as every reader sees it again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/file_stat.h"
#include "io/inode.h"

namespace ingot {

// The values are tar's type flags.
enum class MemberType : char {
  kRegular = '0',
  kHardLink = '1',
  kSymlink = '2',
  kCharacterDevice = '3',
  kBlockDevice = '4',
  kDirectory = '5',
  kFifo = '6',
};

// "Of its 1 MiB chunks": digests of large members are made of chunk digests, and slices of a member
// are cut at chunk boundaries of its logical content (core/format/FORMAT.md, "Digests").
inline constexpr uint64_t kChunkBytes = uint64_t{1} << 20;

struct Member {
  std::string path;  // any bytes but NUL; no trailing '/', also for directories
  MemberType type = MemberType::kRegular;
  uint32_t mode = 0;  // permission and set-id bits: mode & 07777
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string user_name;  // may be empty
  std::string group_name;
  io::Timestamp mtime;
  uint64_t size = 0;        // logical bytes, of regular files only
  std::string link_target;  // of symbolic links: their text; of hard links: the carrier's path
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  // POSIX ACLs included, in the kernel's binary form (io/inode.h); the tar codec turns them into
  // SCHILY.acl.* text and back. Sorted by name.
  std::vector<io::ExtendedAttribute> xattrs;
  bool sparse = false;
  std::vector<io::Extent> extents;  // REQUIRES: sparse. The data; the rest of `size` is holes.

  // The bytes of content that the tar stream holds: size, or the sum of the extents.
  uint64_t StoredContentBytes() const;
};

}  // namespace ingot
