#include "io/interruption.h"

#include <atomic>
#include <csignal>

namespace ingot::io {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

void OnSignal(int /*signal*/) { interrupted.store(true, std::memory_order_relaxed); }

}  // namespace

void HandleInterruptions() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old = {};
    if (sigaction(signal, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = OnSignal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

bool Interrupted() { return interrupted.load(std::memory_order_relaxed); }

absl::Status CheckInterrupted() {
  if (Interrupted()) return absl::CancelledError("interrupted");
  return absl::OkStatus();
}

void SetInterrupted(bool value) { interrupted.store(value, std::memory_order_relaxed); }

}  // namespace ingot::io
