// Reads on where a disk has bad sectors.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace ingot {

// What cannot be read becomes zeros and is counted. Not thread-safe.
class ForgivingReader {
 public:
  static constexpr uint64_t kPieceBytes = 4096;  // that are lost with one bad byte

  using Read = std::function<absl::Status(uint64_t offset, absl::Span<char> out)>;
  // `allowance`: bytes that MayRead grants in all.
  explicit ForgivingReader(Read read, uint64_t allowance = 0)
      : read_(std::move(read)), allowance_(allowance) {}

  // An error only for what reading on cannot help: an interruption, the end of the file.
  absl::Status ReadAt(uint64_t offset, absl::Span<char> out);

  // Whether so many bytes more may be looked at: what an evil file makes us read has an end.
  bool MayRead(uint64_t bytes) {
    if (bytes > allowance_) return false;
    allowance_ -= bytes;
    return true;
  }

  uint64_t unreadable_bytes() const { return unreadable_bytes_; }

 private:
  const Read read_;
  uint64_t allowance_;
  uint64_t unreadable_bytes_ = 0;
  uint64_t told_to_ = 0;  // what lies before was counted
};

}  // namespace ingot
