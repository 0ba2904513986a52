#include "tools/alfresco/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/fd.h"
#include "io/status.h"

namespace ingot {

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t bytes_max) {
  const io::Fd file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(errno, "open", path);
  struct stat status;
  if (fstat(file.get(), &status) != 0) return ErrnoStatus(errno, "stat", path);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is no file"));
  }
  std::string content;
  char buffer[16 << 10];
  while (content.size() <= bytes_max) {
    const ssize_t count = read(file.get(), buffer, sizeof(buffer));
    if (count == 0) return content;
    if (count < 0 && errno != EINTR) return ErrnoStatus(errno, "read", path);
    if (count > 0) content.append(buffer, static_cast<size_t>(count));
  }
  return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", bytes_max, " bytes"));
}

}  // namespace ingot
