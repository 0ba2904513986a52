#include "tools/schedule/window.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tools/size.h"

namespace ingot {
namespace {

// What keeps a run from starting at a time, and the first time at which this no longer does.
struct Obstacle {
  const IndexJob* job = nullptr;
  absl::Time begins;    // the job
  absl::Time ends;      // its window
  bool inside = false;  // of the window; else the run would reach into it
};

// The one that lasts longest, so that fewer remain.
std::optional<Obstacle> FindObstacle(const WindowRules& rules, absl::Time at) {
  std::optional<Obstacle> found;
  const auto keep = [&](const Obstacle& obstacle) {
    if (!found.has_value() || obstacle.ends > found->ends) found = obstacle;
  };
  for (const IndexJob& job : rules.jobs) {
    if (const std::optional<absl::Time> begun = job.cron.Previous(at, rules.zone)) {
      const absl::Time ends = *begun + rules.window_length;
      if (at < ends) keep({.job = &job, .begins = *begun, .ends = ends, .inside = true});
    }
  }
  if (found.has_value()) return found;
  for (const IndexJob& job : rules.jobs) {
    if (const std::optional<absl::Time> next = job.cron.Next(at, rules.zone)) {
      if (at + rules.expected > *next) {
        keep({.job = &job, .begins = *next, .ends = *next + rules.window_length});
      }
    }
  }
  return found;
}

std::string Subject(WindowMode mode) {
  return mode == WindowMode::kRun ? "the run" : "the index stage";
}

std::string ReasonOf(const WindowRules& rules, const Obstacle& obstacle) {
  if (obstacle.inside) {
    return absl::StrCat("it is in the window of the index job ", obstacle.job->name,
                        ", which began at ", FormatInZone(obstacle.begins, rules.zone));
  }
  return absl::StrCat(Subject(rules.mode), ", expected to take ",
                      FormatDuration(absl::ToDoubleSeconds(rules.expected)),
                      ", would still be going when the index job ", obstacle.job->name,
                      " begins at ", FormatInZone(obstacle.begins, rules.zone));
}

absl::Status NeverMay(const WindowRules& rules, const WindowDecision& decision) {
  const bool stage_may = rules.mode == WindowMode::kRun && rules.expected > absl::ZeroDuration();
  return absl::InvalidArgumentError(absl::StrCat(
      "the backup can never start: ", decision.reason,
      ", and no gap between the jobs' windows is long enough; ",
      stage_may ? "use --window=stage, which keeps only the index stage clear of the jobs"
                : "let the index jobs run less often, or shorten --window-length"));
}

absl::Status NotNow(const WindowRules& rules, const WindowDecision& decision) {
  if (!decision.earliest.has_value()) return NeverMay(rules, decision);
  return absl::UnavailableError(absl::StrCat("the backup may not start now: ", decision.reason,
                                             "; it may start at ",
                                             FormatInZone(*decision.earliest, rules.zone)));
}

absl::Status BeyondLimit(const WindowRules& rules, const WindowDecision& decision,
                         absl::Duration limit) {
  const absl::Status status = NotNow(rules, decision);
  if (!absl::IsUnavailable(status)) return status;
  return absl::UnavailableError(absl::StrCat(status.message(), ", which --wait of ",
                                             FormatDuration(absl::ToDoubleSeconds(limit)),
                                             " does not reach"));
}

absl::Status Sleep(const WaitClock& clock, absl::Duration duration) {
  const absl::Duration end = clock.boot() + duration;
  for (absl::Duration left = duration; left > absl::ZeroDuration(); left = end - clock.boot()) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    clock.sleep(std::min(left, kWaitStep));
  }
  return io::CheckInterrupted();
}

}  // namespace

const char* WindowModeName(WindowMode mode) { return mode == WindowMode::kRun ? "run" : "stage"; }

std::string FormatInZone(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Z", time, zone);
}

WindowDecision DecideWindow(const WindowRules& rules, absl::Time now) {
  WindowDecision decision;
  const std::optional<Obstacle> obstacle = FindObstacle(rules, now);
  if (!obstacle.has_value()) {
    decision.may_start = true;
    decision.earliest = now;
    return decision;
  }
  decision.reason = ReasonOf(rules, *obstacle);
  decision.job = obstacle->job->name;
  absl::Time at = obstacle->ends;
  for (int step = 0; step < kWindowStepsMax && at <= now + kWindowHorizon; ++step) {
    const std::optional<Obstacle> next = FindObstacle(rules, at);
    if (!next.has_value()) {
      decision.earliest = at;
      break;
    }
    at = next->ends;
  }
  return decision;
}

absl::Status CheckWindow(const WindowRules& rules, absl::Time now) {
  const WindowDecision decision = DecideWindow(rules, now);
  return decision.may_start ? absl::OkStatus() : NotNow(rules, decision);
}

WaitClock SystemWaitClock() {
  return {
      .wall = [] { return absl::Now(); },
      .boot = [] { return absl::Nanoseconds(static_cast<int64_t>(io::BootNanoseconds())); },
      .sleep = [](absl::Duration duration) { absl::SleepFor(duration); },
  };
}

absl::Status WaitForWindow(
    const WindowRules& rules, absl::Duration limit, const WaitClock& clock,
    absl::FunctionRef<void(const WindowDecision& decision, absl::Duration left)> progress) {
  const absl::Duration begin = clock.boot();
  while (true) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const absl::Time now = clock.wall();
    const WindowDecision decision = DecideWindow(rules, now);
    if (decision.may_start) return absl::OkStatus();
    if (!decision.earliest.has_value()) return NeverMay(rules, decision);
    const absl::Duration left = *decision.earliest - now;
    if (clock.boot() - begin + left > limit) return BeyondLimit(rules, decision, limit);
    progress(decision, left);
    INGOT_RETURN_IF_ERROR(Sleep(clock, std::min(left, kWaitProgressInterval)));
  }
}

}  // namespace ingot
