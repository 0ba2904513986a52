#include "core/restore/closed_directories.h"

#include "core/container/entry_check.h"

namespace ingot {
namespace {

constexpr uint32_t kOwnerMayEnter =
    0300;  // write and search: links are made in it, or restored again

}  // namespace

bool ClosedDirectories::Take(const IndexEntry& entry) {
  if (entry.frame != frame_) {
    frame_ = entry.frame;
    last_ = entry.path;
    open_.clear();
  }
  const bool is_directory = entry.type == MemberType::kDirectory;
  const bool is_locked =
      is_directory && !as_root_ && (entry.mode & kOwnerMayEnter) != kOwnerMayEnter;
  // What lies below a directory follows it without a gap: if any of it is such, then so is the
  // first such behind the directory.
  const bool closed = is_directory && !is_locked && entry.path != last_ &&
                      !LiesBelow(last_, entry.path) && !LiesBelow(open_, entry.path);
  if (is_locked || entry.type == MemberType::kHardLink) open_ = entry.path;
  return closed;
}

}  // namespace ingot
