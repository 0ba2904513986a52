// The same file once more, for other ways to read and write it.
#pragma once

#include "io/fd.h"

namespace ingot::io {

// A descriptor of its own, open as `fd` is and with O_DIRECT; not valid where that cannot be had.
Fd ReopenDirect(int fd);

}  // namespace ingot::io
