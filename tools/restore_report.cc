#include "tools/restore_report.h"

#include "absl/strings/str_cat.h"
#include "tools/size.h"

namespace ingot {

ExitCode RestoreExitCode(const RestoreSummary& summary) {
  if (summary.Count(RestoreProblemKind::kDamaged) > 0) return ExitCode::kDamaged;
  return summary.problems.empty() ? ExitCode::kDone : ExitCode::kFailed;
}

void TellInterrupted(const std::string& directory, const absl::Status& status,
                     const RestoreProgress& progress, Report& report) {
  if (status.ok() || progress.members == 0) return;
  report.Warning(
      absl::StrCat(directory,
                   " holds a part only, and some directories are without their modes and "
                   "times: do it again with --force"));
}

void TellRestored(const std::string& directory, const RestoreSummary& summary, Report& report) {
  uint64_t all = 0;
  for (const uint64_t count : summary.counts) all += count;
  for (const RestoreProblem& problem : summary.problems) {
    if (problem.kind == RestoreProblemKind::kMetadata) {
      report.Warning(problem.text);
    } else {
      report.Error(problem.text);
    }
  }
  if (all > summary.problems.size()) {
    report.Error(absl::StrCat(FormatCount(all - summary.problems.size()), " more"));
  }
  if (summary.privileged_attributes > 0) {
    report.Note(absl::StrCat(FormatCount(summary.privileged_attributes),
                             " attributes were left out that only root can set"));
  }
  if (summary.directories_kept > 0) {
    report.Note(absl::StrCat(FormatCount(summary.directories_kept),
                             " directories existed and kept their modes, owners and times; --force "
                             "gives them the container's"));
  }
  report.Note(absl::StrCat("restored ", FormatCount(summary.members), " members of ",
                           FormatSize(summary.bytes), " into ", directory));
  if (all == 0) return;
  report.Error(absl::StrCat(
      "not as in the container: ", FormatCount(summary.Count(RestoreProblemKind::kDamaged)),
      " damaged, ", FormatCount(summary.Count(RestoreProblemKind::kExists)),
      " existed and were kept, ", FormatCount(summary.Count(RestoreProblemKind::kFailed)),
      " failed, ", FormatCount(summary.Count(RestoreProblemKind::kMetadata)),
      " pieces of metadata refused"));
}

}  // namespace ingot
