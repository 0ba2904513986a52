#include "tools/backup/hot_backup.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tools/alfresco/preflight.h"
#include "tools/backup/earlier_runs.h"
#include "tools/preflight/preflight.h"
#include "tools/preflight/tell.h"
#include "tools/schedule/run_lock.h"
#include "tools/solr/replication.h"

namespace ingot {
namespace {

// Told while nothing is copied yet: over and over on a terminal, once elsewhere.
class WaitingLine {
 public:
  WaitingLine(ProgressMode mode, Report& report)
      : report_(report),
        draws_(report.is_terminal() && !report.json_events() && mode != ProgressMode::kNever &&
               (!report.quiet() || mode == ProgressMode::kAlways)) {}
  ~WaitingLine() {
    if (draws_) report_.Transient("");
  }
  // `what` stays the same while one thing is waited for.
  void Show(const std::string& what, const std::string& how_long) {
    report_.Event("waiting", {{"for", ToUtf8(what)}, {"time", how_long}});
    if (draws_) return report_.Transient(absl::StrCat(what, ": ", how_long));
    if (std::exchange(told_, what) != what && !report_.json_events()) report_.Note(what);
  }

 private:
  Report& report_;
  const bool draws_;
  std::string told_;
};

std::string Clock(absl::Duration duration) {
  return absl::FormatDuration(absl::Ceil(duration, absl::Seconds(1)));
}

EarlierRuns RunsLikeThis(const HotBackupRequest& request) {
  EarlierRunsQuery query;
  query.output = request.create.output;
  if (!request.plan->content.empty()) query.content = request.plan->content[0].source_path;
  query.host = io::HostName();
  query.source = request.plan->source;
  query.properties_file = request.plan->properties_file;
  return FindEarlierRuns(query);
}

class Start {
 public:
  Start(HotBackupRequest request, Report& report) : request_(std::move(request)), report_(report) {}

  // Held until the run has ended: two runs would only disturb each other.
  void Lock() {
    if (!request_.plan.ok()) return;
    const absl::Time begin = absl::Now();
    bool told = false;
    absl::StatusOr<RunLock> lock = AcquireRunLock(request_.plan->lock_directory);
    while (absl::IsUnavailable(lock.status()) && !request_.check_only &&
           absl::Now() - begin < request_.schedule.wait.value_or(absl::ZeroDuration())) {
      if (const absl::Status status = io::CheckInterrupted(); !status.ok()) {
        preflight_.Error(status.code(), "lock", std::string(status.message()), "");
        return;
      }
      if (!std::exchange(told, true)) {
        report_.Note(absl::StrCat("another run holds the lock: waiting for it, at most ",
                                  Clock(*request_.schedule.wait)));
      }
      absl::SleepFor(kWaitStep);
      lock = AcquireRunLock(request_.plan->lock_directory);
    }
    if (lock.ok()) {
      if (!request_.check_only) lock_ = *std::move(lock);
    } else {
      preflight_.Error(lock.status().code(), "lock", std::string(lock.status().message()), "");
    }
  }

  void LookAhead() {
    AlfrescoPreflightOptions alfresco;
    EarlierRuns earlier;
    if (request_.plan.ok()) {
      earlier = RunsLikeThis(request_);
      alfresco.expected_duration = request_.schedule.window == WindowMode::kRun
                                       ? request_.schedule.expected.value_or(earlier.run)
                                       : earlier.run;
      PlanWindows(earlier);
      alfresco.time_zone = rules_.zone;
    }
    if (request_.alfresco != nullptr) {
      preflight_.Append(CheckAlfresco(*request_.alfresco, request_.plan, alfresco));
    }
    if (!request_.plan.ok()) return;
    preflight_.Append({.checks = request_.plan->checks, .verdict = absl::OkStatus()});
    preflight_.Append(
        CheckBackup(*request_.plan, {.output = request_.create.output,
                                     .spool_directory = request_.create.spool_directory,
                                     .earlier = earlier}));
    if (request_.check_only && !request_.schedule.wait.has_value()) {
      const absl::Status window = CheckWindow(rules_, absl::Now());
      if (!window.ok())
        preflight_.Error(window.code(), "window", std::string(window.message()), "");
    }
  }

  ExitCode Tell() {
    if (!request_.plan.ok() && request_.alfresco == nullptr) {
      report_.Error(request_.plan.status());
      return ExitCodeOf(request_.plan.status());
    }
    return TellPreflight(
        preflight_, request_.check_only ? PreflightUse::kCheckOnly : PreflightUse::kBeforeBackup,
        report_);
  }

  absl::Status WaitForTheWindow() {
    if (!request_.schedule.wait.has_value()) {
      const absl::Status status = CheckWindow(rules_, absl::Now());
      return absl::IsUnavailable(status)
                 ? absl::UnavailableError(absl::StrCat(status.message(), " (--wait waits for it)"))
                 : status;
    }
    WaitingLine line(request_.progress, report_);
    return WaitForWindow(
        rules_, *request_.schedule.wait, SystemWaitClock(),
        [&](const WindowDecision& decision, absl::Duration left) {
          line.Show(absl::StrCat("waiting until ", FormatInZone(*decision.earliest, rules_.zone),
                                 ": ", decision.reason),
                    Clock(left));
        });
  }

  absl::Status AskSolr() {
    if (!request_.plan->solr.has_value()) return absl::OkStatus();
    WaitingLine line(request_.progress, report_);
    INGOT_ASSIGN_OR_RETURN(
        const std::vector<SolrSnapshot> made,
        RunSolrBackups(*request_.plan->solr, [&line](const SolrProgress& progress) {
          line.Show(absl::StrCat("core ", progress.core, ": ", progress.text),
                    Clock(progress.elapsed));
        }));
    for (const SolrSnapshot& snapshot : made) {
      preflight_.Note("solr-backup", absl::StrCat("core ", snapshot.core, ": Solr made ",
                                                  snapshot.name, ", ", snapshot.files, " files"));
      report_.Note(CheckText(preflight_.checks.back()));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ExitCode> Run() {
    BackupOptions options;
    options.create = request_.create;
    options.progress = request_.progress;
    options.perf = request_.perf;
    options.window = request_.schedule.window;
    return RunBackup(*std::move(request_.plan), options, preflight_.checks, report_);
  }

 private:
  void PlanWindows(const EarlierRuns& earlier) {
    const BackupPlan& plan = *request_.plan;
    absl::StatusOr<WindowRules> rules =
        MakeWindowRules(plan.index_jobs, request_.schedule, earlier);
    if (!rules.ok()) {
      preflight_.Error(rules.status().code(), "window", std::string(rules.status().message()), "");
      return;
    }
    rules_ = *std::move(rules);
    std::string jobs;
    for (const IndexJob& job : rules_.jobs) {
      absl::StrAppend(&jobs, jobs.empty() ? "" : ", ", job.name, "=", job.cron.text());
    }
    if (jobs.empty()) return;
    const bool untold = !earlier.listed.ok() && !absl::IsNotFound(earlier.listed);
    if (untold && rules_.expected == absl::ZeroDuration()) {
      preflight_.Warning("window",
                         absl::StrCat(earlier.listed.message(),
                                      ": earlier backups do not tell how long this one will take"),
                         "say it with --expected-duration");
    }
    preflight_.Note(
        "window",
        absl::StrCat("index jobs: ", jobs, " (", rules_.zone.name(), "), each for ",
                     absl::FormatDuration(rules_.window_length), "; the ",
                     rules_.mode == WindowMode::kRun ? "run" : "index stage",
                     " is expected to take ",
                     rules_.expected > absl::ZeroDuration() ? Clock(rules_.expected)
                                                            : "a time that is not known yet"));
  }

  HotBackupRequest request_;
  Report& report_;
  std::optional<RunLock> lock_;
  PreflightResult preflight_;
  WindowRules rules_;
};

}  // namespace

absl::StatusOr<ExitCode> HotBackup(HotBackupRequest request, Report& report) {
  const bool check_only = request.check_only;
  Start start(std::move(request), report);
  start.Lock();
  start.LookAhead();
  // Checks that were interrupted have nothing to say of their own.
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  const ExitCode verdict = start.Tell();
  if (check_only || verdict != ExitCode::kDone) return verdict;
  INGOT_RETURN_IF_ERROR(start.WaitForTheWindow());
  INGOT_RETURN_IF_ERROR(start.AskSolr());
  INGOT_RETURN_IF_ERROR(start.WaitForTheWindow());  // Solr took its time
  return start.Run();
}

}  // namespace ingot
