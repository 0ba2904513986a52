#include "io/temporary_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

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

std::string OwnPath(int fd) { return absl::StrCat("/proc/self/fd/", fd); }

// linkat(2) needs /proc to name a file that has no name.
bool CanBeNamedLater(int fd) { return faccessat(AT_FDCWD, OwnPath(fd).c_str(), F_OK, 0) == 0; }

// Returns 0 or errno; EEXIST when the name is taken.
int LinkUnnamed(int fd, int directory_fd, const std::string& name) {
  const std::string own_path = OwnPath(fd);
  return linkat(AT_FDCWD, own_path.c_str(), directory_fd, name.c_str(), AT_SYMLINK_FOLLOW) == 0
             ? 0
             : errno;
}

// Renames without replacing. Returns 0 or errno.
int RenameIfFree(int directory_fd, const std::string& from, const std::string& to) {
  if (renameat2(directory_fd, from.c_str(), directory_fd, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that cannot: a second link and the removal of the first.
  if (linkat(directory_fd, from.c_str(), directory_fd, to.c_str(), 0) != 0) return errno;
  unlinkat(directory_fd, from.c_str(), 0);
  return 0;
}

}  // namespace

std::string HiddenName() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != sizeof(number)) return "";
  return absl::StrCat(".ingot-", absl::Hex(number, absl::kZeroPad16), ".tmp");
}

absl::StatusOr<TemporaryFile> CreateTemporaryFile(int directory_fd, absl::string_view directory,
                                                  Naming naming) {
  TemporaryFile file;
  if (naming == Naming::kNone) {
    file.fd = Fd(openat(directory_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, kPrivateMode));
    if (file.fd.valid() && CanBeNamedLater(file.fd.get())) return file;
    if (!file.fd.valid() && !LacksUnnamedFiles(errno)) {
      return ErrnoStatus(errno, "create a temporary file in", directory);
    }
  }
  for (int attempt = 0; attempt < kNameAttemptsMax; ++attempt) {
    file.name = HiddenName();
    if (file.name.empty()) break;
    file.fd = Fd(openat(directory_fd, file.name.c_str(),
                        O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kPrivateMode));
    if (file.fd.valid()) return file;
    if (errno != EEXIST) break;
  }
  return ErrnoStatus(errno, "create a temporary file in", directory);
}

absl::Status NameTemporaryFile(int directory_fd, const std::string& name, bool replace,
                               absl::string_view path, TemporaryFile* file) {
  if (file->name.empty() && !replace) {
    const int error = LinkUnnamed(file->fd.get(), directory_fd, name);
    return error == 0 ? absl::OkStatus() : ErrnoStatus(error, "give the file its name", path);
  }
  if (file->name.empty()) {
    // linkat never replaces a name, so a hidden one comes first.
    const std::string hidden = HiddenName();
    const int error = hidden.empty() ? errno : LinkUnnamed(file->fd.get(), directory_fd, hidden);
    if (error != 0) return ErrnoStatus(error, "give a temporary name to", path);
    file->name = hidden;
  }
  int error = 0;
  if (!replace) {
    error = RenameIfFree(directory_fd, file->name, name);
  } else if (renameat(directory_fd, file->name.c_str(), directory_fd, name.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) return ErrnoStatus(error, "give the file its name", path);
  file->name.clear();
  return absl::OkStatus();
}

}  // namespace ingot::io
