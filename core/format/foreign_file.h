// Files that are no containers: what they are, and what opens them.
#pragma once

#include "absl/strings/string_view.h"

namespace ingot {

inline constexpr size_t kForeignFileBytes = 512;

// The end of a sentence about a file that begins so, of at most kForeignFileBytes bytes: "it is a
// plain tar archive: tar -xf opens it".
absl::string_view DescribeForeignFile(absl::string_view first_bytes);

}  // namespace ingot
