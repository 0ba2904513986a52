// The end of a process group when we are killed and can do nothing about it any more.
#pragma once

#include <sys/types.h>

#include <memory>

#include "absl/status/statusor.h"
#include "io/fd.h"

namespace ingot::io {

// A small process of its own (/bin/sh, with an empty environment and none of our descriptors) that
// waits for us: when we end without a word, it kills the group. The kernel can do that for a child
// alone (PR_SET_PDEATHSIG), not for what the child has started. Not thread-safe.
class GroupGuard {
 public:
  static absl::StatusOr<std::unique_ptr<GroupGuard>> Start();
  // It ends without killing anything.
  ~GroupGuard();
  GroupGuard(const GroupGuard&) = delete;

  // Where the group's number is to be written, with a newline, by its leader before it starts
  // anything: were it told of by us, we might have been killed before. Until then nothing is
  // watched over.
  int group_fd() const { return lifeline_.get(); }

 private:
  GroupGuard(pid_t pid, Fd lifeline) : pid_(pid), lifeline_(std::move(lifeline)) {}

  const pid_t pid_;
  Fd lifeline_;  // closed by the kernel when we end, however that is
};

}  // namespace ingot::io
