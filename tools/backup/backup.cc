#include "tools/backup/backup.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/join/dump_tap.h"
#include "core/join/join.h"
#include "core/json.h"
#include "core/manifest.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tools/backup/stage_order.h"
#include "tools/create_report.h"
#include "tools/database/dump.h"
#include "tools/join_report.h"
#include "tools/solr/index_watch.h"

namespace ingot {
namespace {

// Of content: the files that the server adds and removes meanwhile are not in the dump's rows.
constexpr FindingKind kTolerated[] = {FindingKind::kVanished, FindingKind::kChanged,
                                      FindingKind::kCut};
class Backup {
 public:
  Backup(BackupPlan plan, const BackupOptions& options, const std::vector<Check>& checks,
         std::unique_ptr<Creation> creation, Report& report)
      : plan_(std::move(plan)),
        options_(options),
        report_(report),
        creation_(std::move(creation)),
        progress_(std::make_unique<Progress>(options.progress, &report, &creation_->progress())) {
    manifest_.tool = "ingot " INGOT_VERSION;
    manifest_.host = io::HostName();
    manifest_.source = plan_.source;
    manifest_.properties_file = plan_.properties_file;
    manifest_.index_subsystem = plan_.index_subsystem;
    manifest_.reindex_needed = plan_.reindex_needed;
    manifest_.checks = checks;
    manifest_.warnings = plan_.warnings;
    manifest_.notes = plan_.notes;
  }

  absl::Status Take(StageKind kind) {
    switch (kind) {
      case StageKind::kIndex:
        return TakeIndex();
      case StageKind::kDatabase:
        return TakeDump();
      case StageKind::kContent:
        return TakeContent();
    }
    return absl::OkStatus();
  }

  // From the first look at the snapshots until the last of them is copied nothing may change there.
  absl::Status TakeIndex() {
    INGOT_ASSIGN_OR_RETURN(watch_, IndexWatch::Begin(IndexDirectories(plan_.index_backup)));
    INGOT_RETURN_IF_ERROR(ChooseIndexRoots(&plan_));
    for (const std::string& warning : plan_.index_backup.warnings) WarnUnlessChecked(warning);
    INGOT_RETURN_IF_ERROR(CheckNothingIsWritten(plan_.index_backup));
    const absl::Status taken = TakeIndexTrees();
    // First: a snapshot that a job has removed is no error of ours.
    INGOT_ASSIGN_OR_RETURN(const std::string change, watch_->Check());
    if (!change.empty()) {
      return absl::UnavailableError(absl::StrCat(
          change, " while the index was being copied: try again when the job has ended"));
    }
    return taken;
  }

  // Returns when the dump program has ended well and all that it wrote is in the container.
  absl::Status TakeDump() {
    const std::string member = tools::DumpMemberName(plan_.dump.url);
    return RunStage(
        {.name = member, .kind = StageKind::kDatabase}, [&]() -> absl::StatusOr<StageResult> {
          INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<tools::Dump> dump,
                                 tools::StartDump(plan_.dump));
          dialect_ = DialectOfVendor(tools::VendorName(dump->vendor()));
          // Read on its way by: the database is asked for it once.
          DumpTap tap(dump.get(), dialect_, ReferencedUrls::WantedTables(), &urls_);
          INGOT_ASSIGN_OR_RETURN(const StageResult result, creation_->AddStream(member, &tap));
          urls_.Finish(tap.understood(), [&tap](size_t table) { return tap.HasTable(table); });
          RecordDump(member, *dump);
          return result;
        });
  }

  absl::Status TakeContent() {
    // What was found until now may have been met in an index, where all of it is serious.
    for (FindingKind kind : kTolerated) before_content_[kind] = creation_->findings().Count(kind);
    for (const UnreadableRoot& root : plan_.unreadable) {
      creation_->findings().Add(FindingKind::kUnreadable, root.path, root.why);
    }
    for (const PlannedRoot& root : plan_.content) {
      INGOT_RETURN_IF_ERROR(RunStage({.name = root.member_path,
                                      .kind = StageKind::kContent,
                                      .role = root.role,
                                      .source = root.source_path},
                                     [&] { return creation_->AddTree(root); }));
    }
    return absl::OkStatus();
  }

  // Every row has its file, or the backup says which has not.
  absl::Status JoinDumpAndContent() {
    progress_->SetStage("joining dump and content");
    JoinInput input;
    input.urls = &urls_;
    input.roots = ContentRoots(manifest_);
    input.visit_entries = [this](EntryVisitor visit) { return creation_->ForEachEntry(visit); };
    input.read_dump = ReadDumpFrom([this] { return creation_->ReadStream(); });
    input.dialect = dialect_;
    INGOT_ASSIGN_OR_RETURN(manifest_.join, JoinContent(input));
    return absl::OkStatus();
  }

  // Later than the index stage a job does no harm to what was copied, but the procedure was broken.
  absl::Status LookForIndexJobs() {
    INGOT_ASSIGN_OR_RETURN(const std::string change, watch_->Check());
    if (change.empty()) return absl::OkStatus();
    if (options_.window == WindowMode::kStage) {
      manifest_.notes.push_back(absl::StrCat("after the index stage: ", change));
      report_.Note(manifest_.notes.back());
    } else {
      creation_->findings().Add(FindingKind::kIndexJob, plan_.index[0].member_path,
                                absl::StrCat("an index job ran during the backup: ", change));
    }
    return absl::OkStatus();
  }

  absl::Status WriteRecords() {
    const Findings& findings = creation_->findings();
    for (FindingKind kind : kFindingKinds) {
      if (findings.Count(kind) > 0) manifest_.findings[FindingName(kind)] = findings.Count(kind);
    }
    if (!manifest_.findings.empty()) {
      INGOT_RETURN_IF_ERROR(creation_->AddDocument(kFindingsMember, findings.ToJson()).status());
    }
    return creation_->AddDocument(kManifestMember, ManifestToJson(manifest_)).status();
  }

  absl::StatusOr<CreateSummary> Publish() {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    absl::StatusOr<CreateSummary> summary = creation_->Seal(/*findings_member=*/false);
    progress_.reset();
    return summary;
  }

  ExitCode Tell(const CreateSummary& summary, const std::string& output, double seconds) {
    Tolerance tolerance;
    for (const TreeRoot& root : plan_.content) tolerance.members.push_back(root.member_path);
    for (FindingKind kind : kTolerated) {
      tolerance.counts[kind] = creation_->findings().Count(kind) - before_content_[kind];
    }
    const ExitCode findings = ReportFindings(creation_->findings(), tolerance, report_);
    const ExitCode join = ReportJoin(*manifest_.join, plan_.source == "alfresco", output, report_);
    ReportSummary(summary,
                  {.output = output,
                   .seconds = seconds,
                   .engine = creation_->engine_name(),
                   .engine_fallback = creation_->engine_fallback(),
                   .perf = options_.perf},
                  report_);
    return join == ExitCode::kDone ? findings : join;
  }

 private:
  absl::Status RunStage(ManifestStage stage,
                        const std::function<absl::StatusOr<StageResult>()>& run) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const char* kind = StageKindName(stage.kind);
    progress_->SetStage(absl::StrCat(kind, " ", stage.name));
    report_.Event("stage", {{"kind", kind}, {"name", ToUtf8(stage.name)}});
    stage.started = io::WallClock();
    stage.started_boot_ns = io::BootNanoseconds();
    INGOT_ASSIGN_OR_RETURN(const StageResult result, run());
    stage.finished = io::WallClock();
    stage.finished_boot_ns = io::BootNanoseconds();
    stage.members = result.members;
    stage.bytes = result.bytes;
    stage.first_frame = result.first_frame;
    stage.end_frame = result.end_frame;
    report_.Event("stage_end", {{"kind", kind},
                                {"name", ToUtf8(stage.name)},
                                {"members", stage.members},
                                {"bytes", stage.bytes}});
    manifest_.stages.push_back(std::move(stage));
    return absl::OkStatus();
  }

  absl::Status TakeIndexTrees() {
    for (const TreeRoot& root : plan_.index) {
      INGOT_RETURN_IF_ERROR(RunStage(
          {.name = root.member_path, .kind = StageKind::kIndex, .source = root.source_path},
          [&] { return creation_->AddTree(root); }));
    }
    return absl::OkStatus();
  }

  void Warn(const std::string& warning) {
    report_.Warning(warning);
    manifest_.warnings.push_back(warning);
  }

  // The preflight may have told it.
  void WarnUnlessChecked(const std::string& warning) {
    for (const Check& check : manifest_.checks) {
      if (check.text == warning) return;
    }
    Warn(warning);
  }

  void RecordDump(const std::string& member, const tools::Dump& dump) {
    manifest_.database.vendor = tools::VendorName(dump.vendor());
    manifest_.database.tool = dump.tool();
    manifest_.database.member = member;
    for (const std::string& warning : dump.warnings()) Warn(warning);
  }

  BackupPlan plan_;
  const BackupOptions& options_;
  Report& report_;
  std::unique_ptr<Creation> creation_;
  std::unique_ptr<Progress> progress_;
  std::map<FindingKind, uint64_t> before_content_;
  std::optional<IndexWatch> watch_;
  ReferencedUrls urls_;
  std::optional<DumpDialect> dialect_;
  Manifest manifest_;
};

}  // namespace

absl::StatusOr<ExitCode> RunBackup(BackupPlan plan, const BackupOptions& options,
                                   const std::vector<Check>& checks, Report& report) {
  const absl::Time begin = absl::Now();
  for (const std::string& warning : plan.warnings) report.Warning(warning);
  for (const std::string& note : plan.notes) report.Note(note);
  INGOT_ASSIGN_OR_RETURN(std::unique_ptr<Creation> creation, Creation::Begin(options.create));
  if (!creation->engine_fallback().empty()) report.Note(creation->engine_fallback());
  Backup backup(std::move(plan), options, checks, std::move(creation), report);

  // Index, database, content: each has ended before the next begins.
  for (const StageKind kind : kStageOrder) INGOT_RETURN_IF_ERROR(backup.Take(kind));
  INGOT_RETURN_IF_ERROR(backup.JoinDumpAndContent());
  INGOT_RETURN_IF_ERROR(backup.LookForIndexJobs());
  INGOT_RETURN_IF_ERROR(backup.WriteRecords());
  INGOT_ASSIGN_OR_RETURN(const CreateSummary summary, backup.Publish());
  return backup.Tell(summary, options.create.output, absl::ToDoubleSeconds(absl::Now() - begin));
}

}  // namespace ingot
