// What an inode holds beside its bytes: link text, extended attributes, the map of its data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ingot::io {

struct ExtendedAttribute {
  std::string name;   // with its namespace: "user.comment", "system.posix_acl_access"
  std::string value;  // any bytes
  bool operator==(const ExtendedAttribute&) const = default;
};

struct Extent {
  uint64_t offset = 0;  // bytes
  uint64_t length = 0;
  bool operator==(const Extent&) const = default;
};

absl::StatusOr<std::string> ReadLinkAt(int directory_fd, const std::string& name);

// Sorted by name; POSIX ACLs come as system.posix_acl_access and system.posix_acl_default, in the
// kernel's binary form. A file system without extended attributes gives an empty list. Attributes
// that vanish between listing and reading are left out.
absl::StatusOr<std::vector<ExtendedAttribute>> ReadExtendedAttributes(int fd);
// The same of a name, without opening it and without following a symbolic link. Needs /proc unless
// directory_fd is AT_FDCWD.
absl::StatusOr<std::vector<ExtendedAttribute>> ReadExtendedAttributesAt(int directory_fd,
                                                                        const std::string& name);

// The stretches of a file that are not holes, by SEEK_DATA and SEEK_HOLE, in order, within
// [0, size). At most `extents_max`: past that, the smallest gaps are taken as data. A file system
// that cannot tell gives one extent over everything. Moves the descriptor's file position.
// REQUIRES: extents_max >= 1.
absl::StatusOr<std::vector<Extent>> DataExtents(int fd, uint64_t size, size_t extents_max);

}  // namespace ingot::io
