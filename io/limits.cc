#include "io/limits.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace ingot::io {
namespace {

constexpr size_t kAffinityProcessorsMax = 1 << 16;

std::string ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

int ProcessorsByAffinity() {
  // The kernel refuses sets smaller than the machine.
  for (size_t processors = CPU_SETSIZE; processors <= kAffinityProcessorsMax; processors *= 2) {
    std::vector<cpu_set_t> set(processors / CPU_SETSIZE);
    const size_t bytes = set.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, set.data()) == 0) return CPU_COUNT_S(bytes, set.data());
    if (errno != EINVAL) break;
  }
  return 1;
}

// The path of our control group below the version 2 hierarchy; empty without one.
std::string ControlGroup() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "0::")) return std::string(rest);
  }
  return "";
}

}  // namespace

uint64_t RaiseOpenFilesLimit() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    struct rlimit raised = limit;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
  }
  return limit.rlim_cur;
}

int UsableProcessors() {
  int processors = ProcessorsByAffinity();
  std::string group = ControlGroup();
  while (!group.empty()) {
    const std::string line =
        ReadLine(absl::StrCat("/sys/fs/cgroup", group == "/" ? "" : group, "/cpu.max"));
    processors = std::min(processors, ParseCpuMax(line).value_or(processors));
    if (group == "/") break;
    const size_t slash = group.rfind('/');
    group.resize(slash == std::string::npos ? 0 : std::max(slash, size_t{1}));
  }
  return std::max(processors, 1);
}

std::optional<int> ParseCpuMax(absl::string_view text) {
  const std::vector<absl::string_view> fields = absl::StrSplit(text, ' ', absl::SkipWhitespace());
  int64_t quota = 0;
  int64_t period = 0;
  if (fields.size() != 2 || !absl::SimpleAtoi(fields[0], &quota) ||
      !absl::SimpleAtoi(fields[1], &period) || quota <= 0 || period <= 0) {
    return std::nullopt;
  }
  const int64_t processors = (quota - 1) / period + 1;
  return static_cast<int>(std::min<int64_t>(processors, std::numeric_limits<int>::max()));
}

}  // namespace ingot::io
