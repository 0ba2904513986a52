#include "tools/create_report.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/json.h"
#include "core/manifest.h"
#include "tools/size.h"

namespace ingot {
namespace {

constexpr FindingKind kKinds[] = {FindingKind::kUnreadable, FindingKind::kVanished,
                                  FindingKind::kChanged,    FindingKind::kCut,
                                  FindingKind::kZeroFilled, FindingKind::kMetadata,
                                  FindingKind::kSocket,     FindingKind::kOtherDevice};

std::string Counts(const Findings& findings, bool notes) {
  std::vector<std::string> parts;
  for (FindingKind kind : kKinds) {
    const uint64_t count = findings.Count(kind);
    if (count == 0 || IsNote(kind) != notes) continue;
    parts.push_back(absl::StrCat(FormatCount(count), " ", FindingName(kind)));
  }
  return absl::StrJoin(parts, ", ");
}

void ReportFinding(const Finding& finding, Report& report) {
  if (report.json_events()) {
    report.Event("finding", {{"kind", FindingName(finding.kind)},
                             {"path", ToUtf8(finding.path)},
                             {"detail", ToUtf8(finding.detail)}});
    return;
  }
  report.Warning(absl::StrCat(FindingName(finding.kind), ": ", finding.path,
                              finding.detail.empty() ? "" : ": ", finding.detail));
}

}  // namespace

ExitCode ReportFindings(const Findings& findings, Report& report) {
  const std::string notes = Counts(findings, /*notes=*/true);
  if (!notes.empty()) report.Note(absl::StrCat("skipped: ", notes));
  const uint64_t serious = findings.CountSerious();
  if (serious == 0) return ExitCode::kDone;
  size_t shown = 0;
  for (const Finding& finding : findings.Kept()) {
    if (IsNote(finding.kind)) continue;
    if (shown == kFindingsShown) break;
    ReportFinding(finding, report);
    ++shown;
  }
  report.Warning(absl::StrCat(FormatCount(serious), serious == 1 ? " finding: " : " findings: ",
                              Counts(findings, /*notes=*/false), "; all of them are in ",
                              kFindingsMember, " in the container"));
  return ExitCode::kIncomplete;
}

void ReportSummary(const CreateSummary& summary, const RunFacts& facts, Report& report) {
  const double seconds = facts.seconds > 0 ? facts.seconds : 1e-9;
  const double rate = static_cast<double>(summary.logical_bytes) / seconds;
  const double ratio = summary.file_bytes == 0 ? 0
                                               : static_cast<double>(summary.logical_bytes) /
                                                     static_cast<double>(summary.file_bytes);
  if (report.json_events()) {
    report.Event("summary", {{"output", ToUtf8(facts.output)},
                             {"members", summary.members},
                             {"logical_bytes", summary.logical_bytes},
                             {"stream_bytes", summary.stream_bytes},
                             {"file_bytes", summary.file_bytes},
                             {"frames", summary.frames},
                             {"seconds", facts.seconds},
                             {"engine", facts.engine},
                             {"engine_fallback", ToUtf8(facts.engine_fallback)}});
    return;
  }
  report.Note(absl::StrFormat("%s: %s members, %s in %s (%.2fx), %s, %.1f MB/s, %s",
                              facts.output == "-" ? "standard output" : facts.output,
                              FormatCount(summary.members), FormatSize(summary.logical_bytes),
                              FormatSize(summary.file_bytes), ratio, FormatDuration(facts.seconds),
                              rate / 1e6, facts.engine));
}

}  // namespace ingot
