#include "io/fd.h"

#include <unistd.h>

#include <cerrno>

#include "io/status.h"

namespace ingot::io {

absl::Status Fd::Close(absl::string_view path) {
  if (!valid()) return absl::OkStatus();
  // On Linux the descriptor is gone whatever close says; EINTR and EINPROGRESS tell of no failed
  // write.
  if (close(Release()) != 0 && errno != EINTR && errno != EINPROGRESS) {
    return ErrnoStatus(errno, "close", path);
  }
  return absl::OkStatus();
}

void Fd::Reset(int fd) {
  if (valid()) close(fd_);
  fd_ = fd;
}

}  // namespace ingot::io
