#include "io/priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "io/status.h"

namespace ingot::io {
namespace {

// ioprio_set(2), which has no header: the kernel's own is no C++ everywhere.
constexpr int kWhoThread = 1;
constexpr int kCallingThread = 0;
constexpr int kClassShift = 13;
constexpr int kClassBestEffort = 2;
constexpr int kClassIdle = 3;
constexpr int kLevelLast = 7;  // of the best-effort class's eight

}  // namespace

absl::Status YieldToOthers() {
  if (setpriority(PRIO_PROCESS, kCallingThread, kNicest) != 0) {
    return ErrnoStatus(errno, "lower the priority of", "this process");
  }
  const long before = syscall(SYS_ioprio_get, kWhoThread, kCallingThread);
  if (before >= 0 && before >> kClassShift == kClassIdle) return absl::OkStatus();
  const int wanted = kClassBestEffort << kClassShift | kLevelLast;
  if (before < 0 || syscall(SYS_ioprio_set, kWhoThread, kCallingThread, wanted) != 0) {
    return ErrnoStatus(errno, "lower the I/O priority of", "this process");
  }
  return absl::OkStatus();
}

}  // namespace ingot::io
