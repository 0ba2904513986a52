#include "tools/backup/backup.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/json.h"
#include "core/manifest.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tools/backup/stage_order.h"
#include "tools/create_report.h"
#include "tools/database/dump.h"

namespace ingot {
namespace {

// Of content: the files that the server adds and removes meanwhile are not in the dump's rows.
constexpr FindingKind kTolerated[] = {FindingKind::kVanished, FindingKind::kChanged,
                                      FindingKind::kCut};
class Backup {
 public:
  Backup(const BackupPlan& plan, std::unique_ptr<Creation> creation, ProgressMode progress,
         Report& report)
      : plan_(plan),
        report_(report),
        creation_(std::move(creation)),
        progress_(std::make_unique<Progress>(progress, &report, &creation_->progress())) {
    manifest_.tool = "ingot " INGOT_VERSION;
    manifest_.host = io::HostName();
    manifest_.source = plan.source;
    manifest_.properties_file = plan.properties_file;
    manifest_.index_subsystem = plan.index_subsystem;
    manifest_.reindex_needed = plan.reindex_needed;
    manifest_.warnings = plan.warnings;
    manifest_.notes = plan.notes;
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

  absl::Status TakeIndex() {
    for (const TreeRoot& root : plan_.index) {
      INGOT_RETURN_IF_ERROR(RunStage(
          {.name = root.member_path, .kind = StageKind::kIndex, .source = root.source_path},
          [&] { return creation_->AddTree(root); }));
    }
    return absl::OkStatus();
  }

  // Returns when the dump program has ended well and all that it wrote is in the container.
  absl::Status TakeDump() {
    const std::string member = tools::DumpMemberName(plan_.dump.url);
    return RunStage({.name = member, .kind = StageKind::kDatabase},
                    [&]() -> absl::StatusOr<StageResult> {
                      INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<tools::Dump> dump,
                                             tools::StartDump(plan_.dump));
                      INGOT_ASSIGN_OR_RETURN(const StageResult result,
                                             creation_->AddStream(member, dump.get()));
                      RecordDump(member, *dump);
                      return result;
                    });
  }

  absl::Status TakeContent() {
    // What was found until now may have been met in an index, where all of it is serious.
    for (FindingKind kind : kTolerated) before_content_[kind] = creation_->findings().Count(kind);
    for (const PlannedRoot& root : plan_.content) {
      INGOT_RETURN_IF_ERROR(RunStage({.name = root.member_path,
                                      .kind = StageKind::kContent,
                                      .role = root.role,
                                      .source = root.source_path},
                                     [&] { return creation_->AddTree(root); }));
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
    const ExitCode code = ReportFindings(creation_->findings(), tolerance, report_);
    ReportSummary(summary,
                  {.output = output,
                   .seconds = seconds,
                   .engine = creation_->engine_name(),
                   .engine_fallback = creation_->engine_fallback()},
                  report_);
    return code;
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

  void RecordDump(const std::string& member, const tools::Dump& dump) {
    manifest_.database.vendor = tools::VendorName(dump.vendor());
    manifest_.database.tool = dump.tool();
    manifest_.database.member = member;
    for (const std::string& warning : dump.warnings()) {
      report_.Warning(warning);
      manifest_.warnings.push_back(warning);
    }
  }

  const BackupPlan& plan_;
  Report& report_;
  std::unique_ptr<Creation> creation_;
  std::unique_ptr<Progress> progress_;
  std::map<FindingKind, uint64_t> before_content_;
  Manifest manifest_;
};

}  // namespace

absl::StatusOr<ExitCode> RunBackup(const BackupPlan& plan, const CreateOptions& options,
                                   ProgressMode progress, Report& report) {
  const absl::Time begin = absl::Now();
  for (const std::string& warning : plan.warnings) report.Warning(warning);
  for (const std::string& note : plan.notes) report.Note(note);
  INGOT_ASSIGN_OR_RETURN(std::unique_ptr<Creation> creation, Creation::Begin(options));
  if (!creation->engine_fallback().empty()) report.Note(creation->engine_fallback());
  Backup backup(plan, std::move(creation), progress, report);

  // Index, database, content: each has ended before the next begins.
  for (const StageKind kind : kStageOrder) INGOT_RETURN_IF_ERROR(backup.Take(kind));
  INGOT_RETURN_IF_ERROR(backup.WriteRecords());
  INGOT_ASSIGN_OR_RETURN(const CreateSummary summary, backup.Publish());
  return backup.Tell(summary, options.output, absl::ToDoubleSeconds(absl::Now() - begin));
}

}  // namespace ingot
