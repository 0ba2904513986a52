#include "core/salvage/byte_ranges.h"

#include <algorithm>
#include <iterator>

namespace ingot {

std::vector<ByteRange> Merged(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
  std::vector<ByteRange> merged;
  for (const ByteRange& range : ranges) {
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

std::vector<ByteRange> Gaps(const std::vector<ByteRange>& ranges, uint64_t file_bytes) {
  std::vector<ByteRange> gaps;
  uint64_t position = 0;
  for (const ByteRange& range : ranges) {
    if (range.begin > position) gaps.push_back({position, range.begin});
    position = range.end;
  }
  if (position < file_bytes) gaps.push_back({position, file_bytes});
  return gaps;
}

bool LiesInOne(const std::vector<ByteRange>& ranges, const ByteRange& range) {
  const auto behind =
      std::upper_bound(ranges.begin(), ranges.end(), range.begin,
                       [](uint64_t begin, const ByteRange& other) { return begin < other.begin; });
  return behind != ranges.begin() && range.end <= std::prev(behind)->end;
}

}  // namespace ingot
