#include "core/create/frame_pool.h"

#include <utility>

namespace ingot {

FramePool::FramePool(size_t buffers, size_t buffer_bytes)
    : buffer_bytes_(buffer_bytes), to_make_(buffers) {}

io::AlignedBuffer FramePool::Take() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &FramePool::MayTake));
  if (closed_) return io::AlignedBuffer();
  if (!free_.empty()) {
    io::AlignedBuffer buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  --to_make_;
  return io::AlignedBuffer(buffer_bytes_);
}

void FramePool::Return(io::AlignedBuffer buffer) {
  absl::MutexLock lock(&mutex_);
  free_.push_back(std::move(buffer));
}

void FramePool::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace ingot
