#include "io/aligned_buffer.h"

#include "io/status.h"

namespace ingot::io {

AlignedBuffer::AlignedBuffer(size_t bytes) : size_(RoundUp(bytes, kDirectAlignment)) {
  if (size_ == 0) return;
  data_ = static_cast<char*>(std::aligned_alloc(kDirectAlignment, size_));
  INGOT_CHECK(data_ != nullptr);
}

}  // namespace ingot::io
