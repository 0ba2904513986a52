#include "io/group_guard.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/string_view.h"
#include "io/spawn.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr char kShell[] = "/bin/sh";
// Lines: the group, if it began to be, then that all is well. Whoever ends us by a signal to all of
// our service (systemd) must not end it first.
constexpr char kScript[] =
    "trap '' TERM INT HUP; read -r group && [ \"$group\" != done ] && { read -r done || kill -KILL "
    "\"-$group\"; }";

}  // namespace

absl::StatusOr<std::unique_ptr<GroupGuard>> GroupGuard::Start() {
  INGOT_ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  INGOT_ASSIGN_OR_RETURN(const Fd nowhere, OpenNull());
  SpawnPlan plan;
  plan.path = kShell;
  plan.arguments = {"ingot-guard", "-c", kScript};
  plan.input = pipe.read_end.get();
  plan.output = nowhere.get();
  plan.error = nowhere.get();
  plan.outlives_us = true;
  INGOT_ASSIGN_OR_RETURN(const pid_t pid, Spawn(plan));
  return std::unique_ptr<GroupGuard>(new GroupGuard(pid, std::move(pipe.write_end)));
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
