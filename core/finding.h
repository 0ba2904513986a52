// What went wrong with single source files without ending the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace ingot {

enum class FindingKind {
  kUnreadable,   // could not be opened or read: not in the container
  kVanished,     // gone between the walk and the read
  kChanged,      // changed while being read: the member may mix old and new content
  kCut,          // grew: the member holds the size at open
  kZeroFilled,   // shrank or failed while being read: the rest is zeros
  kMetadata,     // content is whole, but xattrs or ACLs could not be read or were too large
  kIndexJob,     // an index job ran during the backup (a note where that was to be expected)
  kSocket,       // skipped: sockets cannot be archived
  kOtherDevice,  // skipped: --one-file-system
};

// The name used in JSON: "unreadable", "vanished", ...
const char* FindingName(FindingKind kind);
// Sockets, other devices: told and counted, but nothing that was wanted is missing.
bool IsNote(FindingKind kind);

struct Finding {
  FindingKind kind;
  std::string path;    // member path
  std::string detail;  // one line, no path
};

// Thread-safe. Keeps the first kFindingsMax, counts all.
class Findings {
 public:
  static constexpr size_t kFindingsMax = 100'000;
  void Add(FindingKind kind, std::string path, std::string detail);
  // A file that could not be opened or read: vanished or unreadable, by the error. That we have run
  // out of descriptors or memory says nothing of the file: it ends the run, see exhausted().
  void AddLost(std::string path, const absl::Status& status);
  absl::Status exhausted() const;
  std::vector<Finding> Kept() const;  // sorted by path
  uint64_t Count(FindingKind kind) const;
  uint64_t CountSerious() const;  // all that are no notes
  // {"findings": [{"kind", "path", "detail"}...], "counts": {...}}; paths that are not UTF-8 as in
  // core/json.h
  std::string ToJson() const;

 private:
  static constexpr size_t kKinds = 9;
  mutable absl::Mutex mutex_;
  std::vector<Finding> kept_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<uint64_t> told_ ABSL_GUARDED_BY(mutex_);  // hashes of kind and path
  absl::Status exhausted_ ABSL_GUARDED_BY(mutex_);
  uint64_t counts_[kKinds] ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace ingot
