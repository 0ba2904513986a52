// Keeps two backups of one repository apart.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "io/fd.h"

namespace ingot {

// An flock(2) on a directory itself: nothing is written there, and the kernel releases it however
// this process ends. Held until it is destroyed; programs that are started meanwhile do not
// inherit it. On a network file system it keeps apart the runs of one host.
class RunLock {
 public:
  explicit RunLock(io::Fd directory) : directory_(std::move(directory)) {}

 private:
  io::Fd directory_;
};

// Does not wait. Unavailable when another process holds it; NotFound and the like when the
// directory cannot be opened. A symbolic link is followed, so two names of one directory share a
// lock.
absl::StatusOr<RunLock> AcquireRunLock(const std::string& directory);

}  // namespace ingot
