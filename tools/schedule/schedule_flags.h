// The options of `backup` that say when it may run, and the rules that they make.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/backup/earlier_runs.h"
#include "tools/schedule/window.h"

namespace ingot {

inline constexpr absl::Duration kDefaultWait = absl::Hours(24);
inline constexpr absl::Duration kWaitMax = absl::Hours(24 * 31);
inline constexpr absl::Duration kWindowLengthMax = absl::Hours(24);
inline constexpr absl::Duration kExpectedDurationMax = kEarlierRunMax;

struct ScheduleOptions {
  std::optional<absl::Duration> wait;  // the limit; nullopt: do not wait
  WindowMode window = WindowMode::kRun;
  absl::Duration window_length = kDefaultWindowLength;
  std::optional<absl::Duration> expected;  // of what `window` speaks of; nullopt: earlier runs tell
  std::string time_zone;                   // empty: this machine's
  // For the backup that cannot wait: before an upgrade, or while the server is down and no job can
  // begin. That the snapshots are complete and stay as they are is still checked.
  bool ignore_windows = false;
};

// --wait[=LIMIT], --window, --window-length, --expected-duration, --time-zone, --ignore-windows.
void AddScheduleFlags(CLI::App* verb, ScheduleOptions* options);

// A job as the properties have it.
struct IndexJobText {
  std::string name;  // of the property
  std::string cron;
};

// With --ignore-windows there are no jobs in the rules, so that a run may always start.
// InvalidArgument names the property of a cron expression that is none, or the time zone.
absl::StatusOr<WindowRules> MakeWindowRules(const std::vector<IndexJobText>& jobs,
                                            const ScheduleOptions& options,
                                            const EarlierRuns& earlier);

}  // namespace ingot
