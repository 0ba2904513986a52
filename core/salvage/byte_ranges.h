// Ranges of bytes of a file.
#pragma once

#include <cstdint>
#include <vector>

namespace ingot {

struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

// In order; what overlaps or touches is one.
std::vector<ByteRange> Merged(std::vector<ByteRange> ranges);
// What is between the ranges. REQUIRES: merged.
std::vector<ByteRange> Gaps(const std::vector<ByteRange>& ranges, uint64_t file_bytes);
// Whether it lies as a whole in one of them. REQUIRES: merged.
bool LiesInOne(const std::vector<ByteRange>& ranges, const ByteRange& range);

}  // namespace ingot
