// The members of the frames that were found, put aside until their order is known.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/container/block_selection.h"
#include "core/format/index.h"
#include "io/spool.h"

namespace ingot {

// Where the members of one frame are.
struct MemberPlace {
  uint64_t first_run = 0;
  uint64_t runs = 0;
};

// As blocks of an index, spilled to disk past kSpoolMemoryBytes: of each block it takes 100 bytes
// of memory and its first path.
class MemberStore {
 public:
  static constexpr uint64_t kSpoolMemoryBytes = uint64_t{64} << 20;
  // Of first paths: 4 million frames with paths of 256 bytes.
  static constexpr uint64_t kPathBytesMax = uint64_t{1} << 30;

  explicit MemberStore(const std::string& spool_directory);

  // Of one frame, in the order of their headers. Thread-safe. ResourceExhausted past kPathBytesMax.
  // REQUIRES: none that an index refuses.
  absl::StatusOr<MemberPlace> Append(absl::Span<const IndexEntry> entries);
  absl::Status Finish();  // no more come
  // REQUIRES: finished. Stops at the first error, `visit`'s too.
  absl::Status ForEach(const MemberPlace& place,
                       absl::FunctionRef<absl::Status(IndexEntry)> visit) const;

 private:
  absl::Mutex mutex_;
  io::Spool spool_;
  IndexBuilder builder_ ABSL_GUARDED_BY(mutex_);
  uint64_t runs_count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t path_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  IndexRoot root_;  // once finished
  std::vector<BlockRange> runs_;
  std::vector<uint64_t> block_offsets_;
};

}  // namespace ingot
