// Members and their content: where stored bytes belong, what they hash to, and the members that are
// spread over several frames.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/format/digest.h"
#include "core/format/index.h"
#include "core/format/tar.h"

namespace ingot {

// Extents ascend, do not touch the past of each other and lie within the size; DataLoss otherwise.
absl::Status CheckExtents(const Member& member);

// Visits the pieces of stored bytes [stored_offset, stored_offset + data.size()) of the member with
// the place in its logical content that each belongs to.
absl::Status ForEachPiece(
    const Member& member, uint64_t stored_offset, absl::Span<const char> data,
    absl::FunctionRef<absl::Status(uint64_t logical_offset, absl::Span<const char> piece)> visit);

// The digest of a member that lies in one frame; `stored` is all its stored content.
Digest DigestOfMember(const Member& member, absl::Span<const char> stored);

// The header says of the member what its index entry says, frame, offset, digest and source facts
// apart. DataLoss names the fields that differ.
absl::Status CheckHeader(const TarHeader& header, const IndexEntry& entry);

// What the frames that share one member have to agree on: its header, which is in the first of
// them, and its digest, which is made of all. Thread-safe.
class SlicedMember {
 public:
  // The member begins in frame entry.frame and ends in `last_frame`.
  SlicedMember(IndexEntry entry, uint64_t last_frame);

  const IndexEntry& entry() const { return entry_; }
  uint64_t last_frame() const { return last_frame_; }

  // Exactly once, by whoever has the first frame; an error says that the header is lost.
  void SetHeader(absl::StatusOr<TarHeader> header);
  // Waits for SetHeader. Cannot deadlock as long as frames are begun in order.
  const absl::StatusOr<TarHeader>& Header() const;

  // Exactly one of these, once, for each frame from the first to the last, in any order. True for
  // the call that completes the member.
  bool AddSlice(uint64_t frame, uint64_t stored_offset, absl::Span<const char> data);
  bool AddLost();

  // REQUIRES: complete. Whether a slice was lost, as the caller knows; else whether slices and
  // digest are what header and index say.
  bool lost() const;
  absl::Status Outcome();
  // The same but for the index's digest: what the content hashes to. Once, and instead.
  absl::StatusOr<Digest> ContentDigest();

 private:
  struct Slice {
    uint64_t stored_offset = 0;
    uint64_t stored_bytes = 0;
    std::vector<ChunkRun> chunks;
  };
  absl::StatusOr<Slice> HashSlice(const Member& member, uint64_t stored_offset,
                                  absl::Span<const char> data) const;
  bool CountFrame() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fold() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasHeader() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return header_.has_value(); }

  const IndexEntry entry_;
  const uint64_t last_frame_;

  mutable absl::Mutex mutex_;
  std::optional<absl::StatusOr<TarHeader>> header_ ABSL_GUARDED_BY(mutex_);  // constant once set
  uint64_t frames_left_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_frame_ ABSL_GUARDED_BY(mutex_);
  uint64_t folded_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Slice> waiting_ ABSL_GUARDED_BY(mutex_);  // by frame, not yet folded
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  ChunkedDigest digest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ingot
