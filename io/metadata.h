// Giving what was restored its owner, mode, extended attributes and times.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "io/file_stat.h"
#include "io/inode.h"

namespace ingot::io {

struct Metadata {
  uint32_t mode = 0;  // permission and set-id bits
  uint32_t uid = 0;
  uint32_t gid = 0;
  Timestamp mtime;
  absl::Span<const ExtendedAttribute> xattrs;
  // What an access ACL among them gives the owning group, as bits of a mode (0070): where the ACL
  // is refused, the mode's own would be for all whom it names.
  uint32_t acl_group_bits = 0;
  // Whoever is not root keeps its own: nothing is tried, and set-id bits are dropped unless owner
  // and group happen to be right.
  bool change_owner = false;
  bool drop_inherited_acls = false;
};

// What the system refused to keep, though the entry itself is whole.
struct MetadataLoss {
  std::string what;         // "set owner 5:7: Operation not permitted"
  bool privileged = false;  // only root could have kept it, and we are not root
};

// In the one order that works and gives nobody more in between than in the end: owner (chown clears
// set-id bits and capabilities), extended attributes (a mode may forbid them), ACLs, mode, times.
// Goes on after what is refused and returns all of it; without its ACL a file is closed to whom the
// ACL would have named.
std::vector<MetadataLoss> SetMetadata(int fd, const Metadata& metadata);
// The same for what cannot be opened: nodes, and symbolic links, which have no mode of their own;
// they were just made under that name. What has taken their place meanwhile is left alone. Modes
// and extended attributes need /proc.
std::vector<MetadataLoss> SetMetadataAt(int directory_fd, const std::string& name, bool symlink,
                                        const Metadata& metadata);

bool RunningAsRoot();

}  // namespace ingot::io
