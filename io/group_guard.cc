#include "io/group_guard.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/string_view.h"
#include "io/spawn.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr char kShell[] = "/bin/sh";
// Lines: the group, then that all is well. Whoever ends us by a signal to all of our service
// (systemd) must not end it first.
constexpr char kScript[] =
    "trap '' TERM INT HUP; read -r group && { read -r done || kill -KILL \"-$group\"; }";

}  // namespace

absl::StatusOr<std::unique_ptr<GroupGuard>> GroupGuard::Start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "make", "a pipe");
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  INGOT_ASSIGN_OR_RETURN(read_end, AboveStandard(std::move(read_end)));
  INGOT_ASSIGN_OR_RETURN(write_end, AboveStandard(std::move(write_end)));
  Fd nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nowhere.valid()) return ErrnoStatus(errno, "open", "/dev/null");
  INGOT_ASSIGN_OR_RETURN(nowhere, AboveStandard(std::move(nowhere)));
  SpawnPlan plan;
  plan.path = kShell;
  plan.arguments = {"ingot-guard", "-c", kScript};
  plan.input = read_end.get();
  plan.output = nowhere.get();
  plan.error = nowhere.get();
  plan.outlives_us = true;
  INGOT_ASSIGN_OR_RETURN(const pid_t pid, Spawn(plan));
  return std::unique_ptr<GroupGuard>(new GroupGuard(pid, std::move(write_end)));
}

GroupGuard::~GroupGuard() {
  constexpr absl::string_view kDone = "done\n";
  while (write(lifeline_.get(), kDone.data(), kDone.size()) < 0 && errno == EINTR) {
  }
  lifeline_ = Fd();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace ingot::io
