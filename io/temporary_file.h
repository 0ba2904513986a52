// Files without a name, or with one that nobody looks for.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "io/fd.h"

namespace ingot::io {

struct TemporaryFile {
  Fd fd;
  std::string path;  // empty: it has no name, and vanishes with its last descriptor
};

// A new file in `directory`, readable and writable by its owner alone. Where the file system has no
// O_TMPFILE it gets a hidden name, which the caller has to unlink.
absl::StatusOr<TemporaryFile> CreateTemporaryFile(const std::string& directory);

// A hidden name in `directory` that nothing else is likely to choose. Creates nothing.
std::string HiddenPath(const std::string& directory);

}  // namespace ingot::io
