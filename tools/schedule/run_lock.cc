#include "tools/schedule/run_lock.h"

#include <sys/file.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/directory.h"
#include "io/status.h"

namespace ingot {

absl::StatusOr<RunLock> AcquireRunLock(const std::string& directory) {
  INGOT_ASSIGN_OR_RETURN(io::Fd fd,
                         io::OpenDirectory(io::kWorkingDirectory, directory, /*follow=*/true));
  int result = 0;
  do {
    result = flock(fd.get(), LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return RunLock(std::move(fd));
  if (errno == EWOULDBLOCK) {
    return absl::UnavailableError(
        absl::StrCat("another run holds the lock on ", directory, ": try again when it has ended"));
  }
  return ErrnoStatus(errno, "lock", directory);
}

}  // namespace ingot
