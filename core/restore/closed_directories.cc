#include "core/restore/closed_directories.h"

#include "core/container/entry_check.h"

namespace ingot {

bool ClosedDirectories::Take(const IndexEntry& entry) {
  if (entry.frame != frame_) {
    frame_ = entry.frame;
    last_ = entry.path;
    link_.clear();
  }
  if (entry.type == MemberType::kHardLink) link_ = entry.path;
  if (entry.type != MemberType::kDirectory) return false;
  // What lies below a directory follows it without a gap: if any of it is a link, then so is the
  // first link behind the directory.
  return entry.path != last_ && !LiesBelow(last_, entry.path) && !LiesBelow(link_, entry.path);
}

}  // namespace ingot
