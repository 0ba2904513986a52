// What of a file the page cache holds, asked without reading anything into it.
#pragma once

#include <cstdint>

namespace ingot::io {

// Whether less than half of the range is in the page cache, so that reading it past the cache is
// cheaper and evicts nobody's pages. False where the kernel does not tell (it tells a file's owner
// and root) and for what lies past the end of the file.
bool IsCold(int fd, uint64_t offset, uint64_t length);

}  // namespace ingot::io
