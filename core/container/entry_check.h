// What must hold of the index's entries before anything is done with them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/container/container.h"
#include "core/format/index.h"

namespace ingot {

// The member's path as a restore makes it: without a leading "./", empty for ".". DataLoss for what
// could lead out of the target or stands for nothing: absolute, empty, with "..", "." or empty
// components, with NUL.
absl::StatusOr<absl::string_view> RelativePath(absl::string_view member_path);

// The directory that `relative_path` lies in; empty at the top.
absl::string_view ParentPath(absl::string_view relative_path);
absl::string_view LastComponent(absl::string_view relative_path);

// Whether `path` lies below `directory`, itself not included; everything lies below "".
bool LiesBelow(absl::string_view path, absl::string_view directory);

// Fed with all entries in the order of the index; complains about the first thing that ingot would
// never write: unsafe paths and link targets, paths that do not ascend within a run, members below
// what is no directory, headers that do not lie one behind the other.
class EntryCheck {
 public:
  // Of a container with these frames, which outlive it.
  explicit EntryCheck(const std::vector<FrameInfo>* frames) : frames_(frames) {}
  absl::Status Check(const IndexEntry& entry, bool run_begins);
  // Entries are missing here: the next one begins anew.
  void Gap() { previous_path_.clear(); }

 private:
  absl::Status CheckOrder(const IndexEntry& entry, bool run_begins) const;
  const std::vector<FrameInfo>* frames_;
  // The entry before; without a path: none.
  std::string previous_path_;
  MemberType previous_type_ = MemberType::kRegular;
  uint64_t previous_frame_ = 0;
  uint32_t previous_frame_offset_ = 0;
};

// A hard link's carrier is an earlier member (of an assembled container: any), neither a directory
// nor a hard link itself; returns it.
absl::StatusOr<IndexEntry> FindCarrier(const Container& container, const IndexEntry& hard_link);

}  // namespace ingot
