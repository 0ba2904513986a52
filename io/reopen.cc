#include "io/reopen.h"

#include <fcntl.h>

#include "absl/strings/str_cat.h"

namespace ingot::io {

Fd ReopenDirect(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return Fd();
  const int kept = flags & (O_ACCMODE | O_NOATIME | O_NONBLOCK);
  return Fd(open(absl::StrCat("/proc/self/fd/", fd).c_str(), kept | O_CLOEXEC | O_DIRECT));
}

}  // namespace ingot::io
