#include "core/verify/verify.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/container/frame_jobs.h"
#include "core/container/frame_workers.h"
#include "core/container/read_member.h"
#include "core/verify/damage_log.h"
#include "core/verify/frame_check.h"
#include "core/verify/index_scan.h"
#include "core/verify/manifest_check.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr int kThreadsForEachProcessor = 2;

// Hands frames to the workers, each with the members that it shares with the frames around it.
class FrameChecks {
 public:
  FrameChecks(const Container* container, const VerifyOptions& options, VerifyProgress* progress,
              DamageLog* log)
      : container_(container),
        quick_(options.quick),
        progress_(progress),
        log_(log),
        workers_(*container, options.threads, kThreadsForEachProcessor) {}

  absl::Status Submit(FrameJob plan) {
    auto job = std::make_shared<FrameCheckJob>();
    if (plan.begins_inside && spanning_ != nullptr) job->continuing = spanning_;
    if (plan.last_frame == plan.frame) spanning_ = nullptr;
    if (plan.last_frame > plan.frame && !plan.entries.empty()) {
      spanning_ = std::make_shared<SlicedMember>(plan.entries.back(), plan.last_frame);
      job->beginning = spanning_;
    }
    job->plan = std::move(plan);
    if (!quick_) container_->ReadAhead(job->plan.frame);
    return workers_.Submit([this, job](FrameWorker& worker) {
      const uint64_t frame = job->plan.frame;
      const absl::Status status = quick_ ? CheckFrameLabel(*container_, *job, log_)
                                         : CheckFrame(*container_, *job, &worker.scratch, log_);
      progress_->frames += 1;
      progress_->bytes += LabelledFrameBytes(container_->frames()[frame].stored_bytes);
      return status;
    });
  }
  absl::Status Finish() { return workers_.Finish(); }

 private:
  const Container* const container_;
  const bool quick_;
  VerifyProgress* const progress_;
  DamageLog* const log_;
  std::shared_ptr<SlicedMember> spanning_;  // that goes on in the next frame
  FrameWorkers workers_;
};

// Order and places of the stages, when there is a manifest.
absl::Status CheckManifest(const Container& container, const IndexScan& scan,
                           VerifyReport* report) {
  INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> entry, FindManifest(container));
  if (!entry.has_value()) return absl::OkStatus();
  INGOT_ASSIGN_OR_RETURN(const std::string json,
                         ReadSmallMember(container, *entry, kManifestBytesMax));
  INGOT_ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(json));
  INGOT_RETURN_IF_ERROR(Annotate(CheckStageOrder(manifest), kManifestMember));
  if (scan.complete()) INGOT_RETURN_IF_ERROR(CheckStagePlaces(container, manifest));
  report->manifest = std::move(manifest);
  return absl::OkStatus();
}

// Damage is logged and gone on after; other errors end the run.
absl::Status LogDamage(const absl::Status& status, DamageLog* log) {
  if (!IsDamage(status)) return status;
  log->AddElsewhere(0, status.message());
  return absl::OkStatus();
}

// A hard link has no content of its own: it is lost with what it leads to.
absl::Status LogLostLinks(const Container& container, DamageLog* log) {
  const size_t blocks = container.root().blocks.size();
  for (size_t block = 0; block < blocks; ++block) {
    const absl::StatusOr<std::vector<IndexEntry>> entries = container.ReadIndexBlock(block);
    if (IsDamage(entries.status())) continue;  // that was logged
    INGOT_RETURN_IF_ERROR(entries.status());
    for (const IndexEntry& entry : *entries) {
      const bool lost = entry.type == MemberType::kHardLink && !log->Names(entry.path) &&
                        entry.frame < container.frames().size() && log->Names(entry.link_target);
      if (lost) {
        log->AddMember(
            entry.frame, entry.path,
            absl::StrCat("lost with ", entry.link_target, ", which it is a hard link to"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<VerifyReport> Verify(const Container& container, const VerifyOptions& options,
                                    VerifyProgress* progress) {
  VerifyReport report;
  DamageLog log(&container);
  report.findings = container.root().findings;

  // Frames are read by the workers while this thread reads the index, which says what they must
  // hold.
  FrameChecks checks(&container, options, progress, &log);
  FrameJobs jobs(container.frames(),
                 [&checks](FrameJob job) { return checks.Submit(std::move(job)); });
  IndexScan scan(&container, &log);
  const auto add = [&jobs, &log](IndexEntry entry) {
    const absl::Status status = jobs.Add(std::move(entry));
    if (IsDamage(status)) jobs.Gap();
    return LogDamage(status, &log);
  };
  INGOT_RETURN_IF_ERROR(scan.Run(
      add, [&jobs] { jobs.Gap(); }, &report));
  INGOT_RETURN_IF_ERROR(LogDamage(jobs.Finish(), &log));
  INGOT_RETURN_IF_ERROR(checks.Finish());
  report.frames = progress->frames;
  report.names_known = scan.complete();
  if (!log.empty()) INGOT_RETURN_IF_ERROR(LogLostLinks(container, &log));

  INGOT_RETURN_IF_ERROR(LogDamage(container.CheckEndOfArchive(), &log));
  if (!options.quick)
    INGOT_RETURN_IF_ERROR(LogDamage(CheckManifest(container, scan, &report), &log));
  log.Finish(&report);
  return report;
}

}  // namespace ingot
