#include "io/group_guard.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
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

void GroupGuard::Say(const std::string& line) {
  while (write(lifeline_.get(), line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

void GroupGuard::Watch(pid_t group) {
  watching_ = true;
  Say(absl::StrCat(group, "\n"));
}

GroupGuard::~GroupGuard() {
  if (watching_) Say("done\n");  // else it would take that for the group
  lifeline_ = Fd();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace ingot::io
