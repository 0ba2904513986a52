// A whole file of a size that is known to be small.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace ingot {

// InvalidArgument when it is no regular file or longer than `bytes_max`; an errno's code otherwise.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t bytes_max);

}  // namespace ingot
