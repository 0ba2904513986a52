#include "io/temporary_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <random>

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr mode_t kPrivateMode = 0600;
constexpr int kNameAttemptsMax = 16;

bool LacksUnnamedFiles(int error_number) {
  return error_number == EOPNOTSUPP || error_number == EISDIR || error_number == EINVAL ||
         error_number == ENOSYS;
}

}  // namespace

std::string HiddenPath(const std::string& directory) {
  std::random_device random;
  const uint64_t number = (uint64_t{random()} << 32) | random();
  return absl::StrCat(directory, "/.ingot-", absl::Hex(number, absl::kZeroPad16), ".tmp");
}

absl::StatusOr<TemporaryFile> CreateTemporaryFile(const std::string& directory) {
  TemporaryFile file;
  file.fd = Fd(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kPrivateMode));
  if (file.fd.valid()) return file;
  if (!LacksUnnamedFiles(errno)) {
    return ErrnoStatus(errno, "create a temporary file in", directory);
  }
  for (int attempt = 0; attempt < kNameAttemptsMax; ++attempt) {
    file.path = HiddenPath(directory);
    file.fd = Fd(
        open(file.path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kPrivateMode));
    if (file.fd.valid()) return file;
    if (errno != EEXIST) break;
  }
  return ErrnoStatus(errno, "create a temporary file in", directory);
}

}  // namespace ingot::io
