// A whole file that is known to be small: settings, a password.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace ingot::io {

// Follows symbolic links, and reads a pipe to its end, too. InvalidArgument when there are more
// than `bytes_max` bytes; Cancelled when interrupted; an errno's code otherwise. Errors name
// `path`.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t bytes_max);

}  // namespace ingot::io
