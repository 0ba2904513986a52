// When a backup may start: not while a job writes an index backup, nor so that it would still be
// going when the next one begins.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/schedule/cron.h"

namespace ingot {

enum class WindowMode {
  kRun,    // the whole run keeps clear of the jobs
  kStage,  // its index stage does
};
const char* WindowModeName(WindowMode mode);  // "run", "stage"

struct IndexJob {
  std::string name;  // for messages: "solr.backup.alfresco.cronExpression"
  Cron cron;
};

// How long a job may take. Writing an index backup goes at the disk's speed: an hour is 360 GB at
// 100 MB/s, and leaves half of the time between Alfresco's own two jobs (2 and 4 o'clock) free.
inline constexpr absl::Duration kDefaultWindowLength = absl::Hours(1);

struct WindowRules {
  std::vector<IndexJob> jobs;
  absl::Duration window_length = kDefaultWindowLength;
  absl::TimeZone zone;  // the server's
  WindowMode mode = WindowMode::kRun;
  // Of the run or of its index stage, as the mode says; zero when it is not known: then only the
  // windows themselves are kept.
  absl::Duration expected;
};

// How far ahead a time to start is looked for: every day of a year comes.
inline constexpr absl::Duration kWindowHorizon = absl::Hours(24 * 366);
inline constexpr int kWindowStepsMax = 100'000;

struct WindowDecision {
  bool may_start = false;
  // Without may_start: one clause, "it is in the window of JOB, which began at TIME".
  std::string reason;
  std::string job;                     // its name
  std::optional<absl::Time> earliest;  // may start then; nullopt: not within kWindowHorizon
};

// Touching is allowed: a run may end as a job begins, and begin as its window ends.
WindowDecision DecideWindow(const WindowRules& rules, absl::Time now);

// "2026-11-24 03:00:00 CET"
std::string FormatInZone(absl::Time time, absl::TimeZone zone);

// OK when it may start. Unavailable with the reason and the time at which it may. InvalidArgument
// with the remedy when it never may: no gap between the jobs is as long as the run.
absl::Status CheckWindow(const WindowRules& rules, absl::Time now);

// Where the time comes from: replaced in tests.
struct WaitClock {
  std::function<absl::Time()> wall;
  std::function<absl::Duration()> boot;  // never set back, counts on while the machine sleeps
  std::function<void(absl::Duration)> sleep;
};
WaitClock SystemWaitClock();

inline constexpr absl::Duration kWaitStep = absl::Milliseconds(100);
inline constexpr absl::Duration kWaitProgressInterval = absl::Seconds(1);

// Returns once it may start. Looks at the wall clock every second, so that one that is set
// meanwhile counts as it is then. `progress` is called once a second, `left` until the earliest
// time. As CheckWindow when that is not within `limit` from the beginning; Cancelled when
// interrupted, within 200 ms.
absl::Status WaitForWindow(
    const WindowRules& rules, absl::Duration limit, const WaitClock& clock,
    absl::FunctionRef<void(const WindowDecision& decision, absl::Duration left)> progress);

}  // namespace ingot
