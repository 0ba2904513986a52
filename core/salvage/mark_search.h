// The marks by which parts of a container are found at any offset.
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

namespace ingot {

enum class Mark { kLabel, kIndex, kSeekTable, kEndOfArchive };

// Gives `length` bytes of the file from `offset` on; never an error for damage.
using ReadBytes = absl::FunctionRef<absl::Status(uint64_t offset, absl::Span<char> out)>;

// Visits every place where one stands, in order, whether what follows is any good or not. Reads the
// file once, from end to end. Stops at the first error.
absl::Status ForEachMark(uint64_t file_bytes, ReadBytes read,
                         absl::FunctionRef<absl::Status(Mark mark, uint64_t offset)> visit);

}  // namespace ingot
