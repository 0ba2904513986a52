// Which directories are complete when their frame is.
#pragma once

#include <cstdint>
#include <string>

#include "core/format/index.h"

namespace ingot {

// A directory is closed in its frame when all that lies below it begins in that frame too, and none
// of it is a hard link (those are made at the end of a restore) or, but for root, a directory that
// its owner must not write in. Whoever restores the frame can
// make and finish such a directory without looking at anybody else. Not thread-safe.
class ClosedDirectories {
 public:
  explicit ClosedDirectories(bool as_root) : as_root_(as_root) {}

  // Fed with the entries of one frame after the other, or of the whole index, from the last to the
  // first; the answer is about this entry.
  bool Take(const IndexEntry& entry);

 private:
  const bool as_root_;
  uint64_t frame_ = UINT64_MAX;
  std::string last_;  // path of the frame's last entry
  std::string open_;  // of what was seen last in the frame that leaves work for the end; or empty
};

}  // namespace ingot
