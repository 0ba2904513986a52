#include "io/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/blocking.h"
#include "io/fd.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot::io {

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t bytes_max) {
  // Opening a pipe waits for whoever writes to it.
  Retry retry;
  int descriptor = -1;
  while ((descriptor = open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC)) < 0) {
    const int error = errno;
    INGOT_RETURN_IF_ERROR(CheckInterrupted());
    if (!retry.IsWorthwhile(error)) return ErrnoStatus(error, "open", path);
  }
  const Fd file(descriptor);
  std::string content;
  char buffer[16 << 10];
  while (content.size() <= bytes_max) {
    const ssize_t count = read(file.get(), buffer, sizeof(buffer));
    if (count == 0) return content;
    if (count < 0) {
      const int error = errno;
      INGOT_RETURN_IF_ERROR(CheckInterrupted());
      if (!retry.IsWorthwhile(error)) return ErrnoStatus(error, "read", path);
    }
    if (count > 0) content.append(buffer, static_cast<size_t>(count));
  }
  return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", bytes_max, " bytes"));
}

}  // namespace ingot::io
