// Entries in the order of the index become jobs: a frame with all that begins in it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "core/container/container.h"
#include "core/format/index.h"

namespace ingot {

struct FrameJob {
  uint64_t frame = 0;
  bool begins_inside = false;       // with bytes of a member from an earlier frame
  std::vector<IndexEntry> entries;  // whose headers are in the frame, in order
  uint64_t last_frame = 0;        // where the last member that is in this frame ends; often `frame`
  bool index_incomplete = false;  // a block of the index is lost: there may be more in the frame
};

// One job for each frame, in order. Memory: the entries of one frame.
class FrameJobs {
 public:
  using Sink = std::function<absl::Status(FrameJob)>;
  // `frames`: the container's, which outlives it.
  FrameJobs(const std::vector<FrameInfo>& frames, Sink sink)
      : frames_(frames), sink_(std::move(sink)) {}

  // REQUIRES: EntryCheck was content with it. Errors are the sink's, or DataLoss when the stream
  // does not begin with the first entry.
  absl::Status Add(IndexEntry entry);
  // A block of entries is missing here.
  void Gap();
  absl::Status Finish();

 private:
  absl::Status EmitThrough(uint64_t end_frame, uint64_t last_frame);
  bool BeginsInside(const IndexEntry& first_entry) const;

  const std::vector<FrameInfo>& frames_;
  const Sink sink_;
  uint64_t next_frame_ = 0;  // of the job that is emitted next
  std::optional<FrameJob> current_;
  bool gap_ = false;
};

}  // namespace ingot
