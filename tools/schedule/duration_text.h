// Durations as people write them on the command line.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace ingot {

// "45s", "90m", "2h30m", "1d": whole numbers with a unit each, the larger ones first, in any case,
// no sign, no spaces. InvalidArgument for anything else, a bare number included, and for more than
// a thousand days.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

// As ParseDuration reads it: "2h30m", "0s".
std::string DurationText(absl::Duration duration);

}  // namespace ingot
