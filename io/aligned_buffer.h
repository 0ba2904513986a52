// Memory that O_DIRECT accepts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace ingot::io {

inline constexpr size_t kDirectAlignment = 4096;  // bytes, of memory, offset and length

constexpr uint64_t RoundUp(uint64_t value, uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Owned, aligned to kDirectAlignment, not initialised. Movable; a moved-from buffer is empty.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(
      size_t bytes);  // rounded up to kDirectAlignment; aborts when out of memory
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~AlignedBuffer() { std::free(data_); }

  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace ingot::io
