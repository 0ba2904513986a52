// A container back into a tree.
//
// Nothing is ever made outside the target directory, whatever the container says and whatever lies
// there. What is wrong with single members does not end the run: it is in the summary.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/container/container.h"

namespace ingot {

struct RestoreOptions {
  std::string directory;              // made when only its last component is missing
  std::vector<std::string> patterns;  // core/glob.h; none: everything
  // The path of a member that becomes `directory` itself, with all that lies below it and nothing
  // else. Empty: the whole container.
  std::string root;
  // Existing files are replaced (atomically), existing directories get the members' metadata.
  // Without it both are left as they are; an existing file is a problem.
  bool replace = false;
  bool numeric_owner = false;           // ids as stored, even where the names are known here
  int threads = 0;                      // 0: a default made from the number of processors
  uint64_t write_bytes_per_second = 0;  // the most that is written to files; 0: no limit
};

// Written while it runs, read by whoever shows progress.
struct RestoreProgress {
  std::atomic<uint64_t> members{0};
  std::atomic<uint64_t> bytes{0};  // logical content
  std::atomic<uint64_t> members_wanted{0};
  std::atomic<uint64_t> bytes_wanted{0};
};

enum class RestoreProblemKind {
  kExists,    // not restored: something is there already, and was kept
  kDamaged,   // not restored: the container is damaged there
  kFailed,    // not restored: the system refused
  kMetadata,  // restored, but without some of its owner, mode, attributes or times
};
inline constexpr size_t kRestoreProblemKinds = 4;

struct RestoreProblem {
  RestoreProblemKind kind;
  std::string path;  // of the member
  std::string text;  // one line that names it
};

struct RestoreSummary {
  uint64_t members = 0;  // restored
  uint64_t bytes = 0;    // logical content of these
  uint64_t counts[kRestoreProblemKinds] = {};
  // Sorted by path, the first kRestoreProblemsMax; what the system refuses of many for one reason
  // is only counted after the first few.
  std::vector<RestoreProblem> problems;
  uint64_t directories_kept = 0;  // existed, and are as they were: without `replace`
  // Attributes that only root can set, when we are not root: no problem, as with tar.
  uint64_t privileged_attributes = 0;

  uint64_t Count(RestoreProblemKind kind) const { return counts[static_cast<size_t>(kind)]; }
};
inline constexpr size_t kRestoreProblemsMax = 10'000;

// DataLoss before anything is written when the index says what ingot never writes (unsafe paths, a
// wrong order); NotFound, also before, for a pattern or a root that matches nothing;
// ResourceExhausted when the disk is full, Cancelled when interrupted: what was complete then
// stays, what was half written is removed.
absl::StatusOr<RestoreSummary> Restore(const Container& container, const RestoreOptions& options,
                                       RestoreProgress* progress);

}  // namespace ingot
