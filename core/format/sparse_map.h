// The map of a sparse member, GNU format 1.0: decimal lines ahead of the data. FORMAT.md,
// "Members".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "io/inode.h"

namespace ingot {

// What is wrong with extents for a file of `size` bytes; nullptr when nothing is: ascending, not
// overlapping, not empty, within the size, not too many.
const char* ExtentsProblem(absl::Span<const io::Extent> extents, uint64_t size);

// Padded with zeros to whole 512-byte blocks. REQUIRES: extents without a problem.
std::string EncodeSparseMap(absl::Span<const io::Extent> extents, uint64_t size);

struct SparseMap {
  std::vector<io::Extent> extents;
  uint64_t map_bytes = 0;  // with its padding
};
// Parses the map at the start of `stream`. DataLoss unless it is one without a problem.
absl::StatusOr<SparseMap> ParseSparseMap(absl::Span<const char> stream, uint64_t size);

}  // namespace ingot
