// Sizes and durations, as people write and read them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ingot {

// "4096", "512K", "4M", "4MB", "4MiB", "1.5G", "2T": powers of 1024 whatever the spelling, in any
// case, no sign, no spaces. InvalidArgument for anything else and for what does not fit into 63
// bits.
absl::StatusOr<uint64_t> ParseSize(absl::string_view text);

std::string FormatSize(uint64_t bytes);      // "0 B", "999 B", "1.5 KiB", "4.0 MiB", "12.3 GiB"
std::string FormatCount(uint64_t count);     // "1,234,567"
std::string FormatDuration(double seconds);  // "0.42 s", "12.3 s", "2 min 05 s", "1 h 02 min"

}  // namespace ingot
