// Starting a child: all that happens between fork and exec.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "io/fd.h"

namespace ingot::io {

struct SpawnPlan {
  std::string path;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // "NAME=value"
  int input = -1;                        // become 0, 1 and 2; all from AboveStandard
  int output = -1;
  int error = -1;
  std::vector<int> inherited;  // close-on-exec here, open under the same number in the child
  int group_told_to = -1;      // GroupGuard::group_fd, or -1
  bool outlives_us = false;    // it is not killed when the calling thread ends
};

// The child leads a session and a process group of its own, has default signals and none blocked,
// and is killed when the calling thread ends (unless outlives_us). What keeps execve from starting
// it comes back as a status.
absl::StatusOr<pid_t> Spawn(const SpawnPlan& plan);

// What a child is handed: close-on-exec, from AboveStandard.
struct Pipe {
  Fd read_end;
  Fd write_end;
};
absl::StatusOr<Pipe> MakePipe();
absl::StatusOr<Fd> OpenNull();  // /dev/null, to read and to write

// The same open file under a number above 2, so that none of 0, 1, 2 is overwritten before it was
// copied (a parent may have been started with them closed). Close-on-exec.
absl::StatusOr<Fd> AboveStandard(Fd fd);

}  // namespace ingot::io
