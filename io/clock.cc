#include "io/clock.h"

#include <time.h>
#include <unistd.h>

#include <climits>

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::io {
namespace {

struct timespec Now(clockid_t clock) {
  struct timespec now;
  INGOT_CHECK(clock_gettime(clock, &now) == 0);
  return now;
}

uint64_t Nanoseconds(struct timespec time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

Timestamp WallClock() {
  const struct timespec now = Now(CLOCK_REALTIME);
  return Timestamp{.seconds = now.tv_sec, .nanoseconds = static_cast<uint32_t>(now.tv_nsec)};
}

uint64_t BootNanoseconds() { return Nanoseconds(Now(CLOCK_BOOTTIME)); }
uint64_t MonotonicNanoseconds() { return Nanoseconds(Now(CLOCK_MONOTONIC)); }
uint64_t ThreadCpuNanoseconds() { return Nanoseconds(Now(CLOCK_THREAD_CPUTIME_ID)); }

std::string FormatUtc(Timestamp time) {
  const time_t seconds = time.seconds;
  struct tm parts;
  char text[64];
  if (gmtime_r(&seconds, &parts) == nullptr ||
      strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return absl::StrCat("@", time.seconds);  // a year that does not fit an int
  }
  return text;
}

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  if (gethostname(name, HOST_NAME_MAX) != 0) return "localhost";
  return name;
}

}  // namespace ingot::io
