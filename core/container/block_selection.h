// Which blocks of the index can hold what is asked for: the others need not be read.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "core/format/index.h"
#include "core/glob.h"

namespace ingot {

// Blocks [begin, end).
struct BlockRange {
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const BlockRange&) const = default;
};

// The blocks of each run, in order.
std::vector<BlockRange> RunsOf(const IndexRoot& root);

// Those that can hold paths with any of the prefixes, as they are or behind "./". Ranges ascend
// and do not touch each other.
std::vector<BlockRange> BlocksWith(absl::Span<const PathPrefix> prefixes, const IndexRoot& root);
// Those that can hold what matches; all of them without patterns.
std::vector<BlockRange> BlocksThatMayMatch(const GlobSet& patterns, const IndexRoot& root);

}  // namespace ingot
