// What went wrong with single members of a restore, from all its threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/restore/restore.h"
#include "io/metadata.h"

namespace ingot {

// Thread-safe.
class ProblemLog {
 public:
  // Paths are relative to the target; told are those of members, below `root` (RestoreOptions).
  explicit ProblemLog(std::string root) : root_(std::move(root)) {}

  // A member that could not be restored under `path`. OK when the run can
  // go on; what every other member will meet as well (a full disk, an interruption) is given back.
  absl::Status NotRestored(absl::string_view path, const absl::Status& why);
  void MetadataLost(absl::string_view path, absl::Span<const io::MetadataLoss> losses);
  // That one existed and is as it was.
  void DirectoryKept();

  // Whether NotRestored was called for the path.
  bool Failed(absl::string_view path) const;

  void Finish(RestoreSummary* summary);

 private:
  void Add(RestoreProblemKind kind, absl::string_view path, std::string text, bool keep);
  bool IsTold(const absl::Status& why);
  std::string MemberAt(absl::string_view path) const;

  const std::string root_;
  mutable absl::Mutex mutex_;
  // XXH3-128 of the paths: there may be millions.
  absl::flat_hash_set<std::array<uint8_t, 16>> failed_ ABSL_GUARDED_BY(mutex_);
  // How often an error was met: what is wrong with a directory is wrong with all that is in it.
  absl::flat_hash_map<std::string, uint64_t> met_ ABSL_GUARDED_BY(mutex_);
  std::vector<RestoreProblem> kept_ ABSL_GUARDED_BY(mutex_);
  uint64_t counts_[kRestoreProblemKinds] ABSL_GUARDED_BY(mutex_) = {};
  uint64_t directories_kept_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t privileged_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ingot
