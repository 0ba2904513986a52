// The bounded supply of frame buffers: all of the engine's memory that grows with anything.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "io/aligned_buffer.h"

namespace ingot {

// Thread-safe.
class FramePool {
 public:
  FramePool(size_t buffers, size_t buffer_bytes);

  // Waits for a free buffer. An empty buffer once Close was called.
  io::AlignedBuffer Take();
  void Return(io::AlignedBuffer buffer);
  // Ends all waiting, now and later: the run has failed.
  void Close();

 private:
  bool MayTake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || !free_.empty() || to_make_ > 0;
  }

  const size_t buffer_bytes_;
  absl::Mutex mutex_;
  size_t to_make_ ABSL_GUARDED_BY(mutex_);  // made on first use: a small run stays small
  std::vector<io::AlignedBuffer> free_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ingot
