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

  // Until this was called nothing is watched over.
  void Watch(pid_t group);

 private:
  GroupGuard(pid_t pid, Fd lifeline) : pid_(pid), lifeline_(std::move(lifeline)) {}
  void Say(const std::string& line);

  const pid_t pid_;
  bool watching_ = false;
  Fd lifeline_;  // closed by the kernel when we end, however that is
};

}  // namespace ingot::io
