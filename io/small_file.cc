#include "io/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/blocking.h"
#include "io/fd.h"
#include "io/status.h"

namespace ingot::io {

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t bytes_max) {
  OpenRequest request{.directory_fd = AT_FDCWD, .name = path.c_str(), .flags = O_RDONLY | O_NOCTTY};
  OpenBlocking(&request);
  if (request.result < 0) return ErrnoStatus(-request.result, "open", path);
  const Fd file(request.result);
  Retry retry;
  std::string content;
  char buffer[16 << 10];
  while (content.size() <= bytes_max) {
    const ssize_t count = read(file.get(), buffer, sizeof(buffer));
    if (count == 0) return content;
    if (count < 0 && !retry.IsWorthwhile(errno)) return ErrnoStatus(errno, "read", path);
    if (count > 0) content.append(buffer, static_cast<size_t>(count));
  }
  return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", bytes_max, " bytes"));
}

}  // namespace ingot::io
