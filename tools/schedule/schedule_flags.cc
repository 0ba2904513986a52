#include "tools/schedule/schedule_flags.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "io/status.h"
#include "tools/command.h"
#include "tools/schedule/duration_text.h"
#include "tools/schedule/time_zone.h"

namespace ingot {
namespace {

constexpr char kGroup[] = "Schedule";

void AddDuration(CLI::App* verb, const std::string& flag, const std::string& help,
                 absl::Duration max, const std::function<void(absl::Duration)>& take) {
  verb->add_option_function<std::string>(
          flag,
          [=](const std::string& text) { take(TakeDuration(flag, text, absl::Seconds(1), max)); },
          help)
      ->type_name("DURATION")
      ->group(kGroup);
}

void AddWait(CLI::App* verb, ScheduleOptions* options) {
  verb->add_option_function<std::string>(
          "--wait",
          [=](const std::string& text) {
            options->wait = text.empty() ? kDefaultWait
                                         : TakeDuration("--wait", text, absl::Seconds(1), kWaitMax);
          },
          absl::StrCat(
              "Wait until no index job is in the way, at most LIMIT (90m, 2h30m; default: ",
              DurationText(kDefaultWait), "), rather than to end with 75"))
      ->expected(0, 1)
      ->type_name("[LIMIT]")
      ->group(kGroup);
}

}  // namespace

void AddScheduleFlags(CLI::App* verb, ScheduleOptions* options) {
  AddWait(verb, options);
  verb->add_option_function<std::string>(
          "--window",
          [=](const std::string& name) {
            options->window =
                name == WindowModeName(WindowMode::kStage) ? WindowMode::kStage : WindowMode::kRun;
          },
          "What keeps clear of the index jobs: the whole run, or its index stage only, where a run "
          "takes longer than the jobs leave room for (default: run)")
      ->check(CLI::IsMember({"run", "stage"}))
      ->type_name("run|stage")
      ->group(kGroup);
  AddDuration(verb, "--window-length",
              absl::StrCat("How long an index job may take (default: ",
                           DurationText(kDefaultWindowLength), ")"),
              kWindowLengthMax, [=](absl::Duration value) { options->window_length = value; });
  AddDuration(verb, "--expected-duration",
              "How long the run takes, with --window=stage its index stage (default: the longest "
              "of the last runs whose files lie beside the output)",
              kExpectedDurationMax, [=](absl::Duration value) { options->expected = value; });
  verb->add_option("--time-zone", options->time_zone,
                   "The server's time zone, in which its jobs are scheduled, like Europe/Berlin "
                   "(default: this machine's)")
      ->type_name("ZONE")
      ->group(kGroup);
  verb->add_flag("--ignore-windows", options->ignore_windows,
                 "Start whatever the index jobs' schedule says: while the server is down, or when "
                 "a backup cannot wait")
      ->group(kGroup);
}

absl::StatusOr<WindowRules> MakeWindowRules(const std::vector<IndexJobText>& jobs,
                                            const ScheduleOptions& options,
                                            const EarlierRuns& earlier) {
  WindowRules rules;
  rules.mode = options.window;
  rules.window_length = options.window_length;
  rules.expected =
      options.expected.value_or(options.window == WindowMode::kRun ? earlier.run : earlier.index);
  INGOT_ASSIGN_OR_RETURN(rules.zone, FindTimeZone(options.time_zone));
  if (options.ignore_windows) return rules;
  for (const IndexJobText& job : jobs) {
    absl::StatusOr<Cron> cron = ParseCron(job.cron);
    if (!cron.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(job.name, ": ", cron.status().message(),
                                                     "; say the server's own with --set '",
                                                     job.name, "=...'"));
    }
    rules.jobs.push_back({job.name, *std::move(cron)});
  }
  return rules;
}

}  // namespace ingot
