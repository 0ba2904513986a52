#include "tools/create_report.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/json.h"
#include "core/manifest.h"
#include "tools/entry_text.h"
#include "tools/perf_report.h"
#include "tools/roots.h"
#include "tools/size.h"

namespace ingot {
namespace {

std::string CountOf(uint64_t count, FindingKind kind) {
  return absl::StrCat(FormatCount(count), " ", FindingName(kind));
}

bool IsTolerated(const Finding& finding, const Tolerance& tolerance) {
  if (!tolerance.counts.contains(finding.kind)) return false;
  return std::any_of(tolerance.members.begin(), tolerance.members.end(),
                     [&](const std::string& member) { return IsWithin(finding.path, member); });
}

void ReportFinding(const Finding& finding, Report& report) {
  if (report.json_events()) {
    nlohmann::ordered_json fields = {{"kind", FindingName(finding.kind)}};
    PutText("path", finding.path, &fields);
    fields["detail"] = ToUtf8(finding.detail);
    report.Event("finding", fields);
    return;
  }
  report.Warning(absl::StrCat(FindingName(finding.kind), ": ", finding.path,
                              finding.detail.empty() ? "" : ": ", finding.detail));
}

}  // namespace

ExitCode ReportFindings(const Findings& findings, const Tolerance& tolerance, Report& report) {
  std::vector<std::string> skipped;
  std::vector<std::string> tolerated;
  std::vector<std::string> serious;
  for (FindingKind kind : kFindingKinds) {
    uint64_t count = findings.Count(kind);
    if (IsNote(kind)) {
      if (count > 0) skipped.push_back(CountOf(count, kind));
      continue;
    }
    if (const auto found = tolerance.counts.find(kind); found != tolerance.counts.end()) {
      if (found->second > 0) tolerated.push_back(CountOf(found->second, kind));
      count -= found->second;
    }
    if (count > 0) serious.push_back(CountOf(count, kind));
  }
  if (!skipped.empty()) report.Note(absl::StrCat("skipped: ", absl::StrJoin(skipped, ", ")));
  if (!tolerated.empty()) {
    report.Note(absl::StrCat("content while it was read: ", absl::StrJoin(tolerated, ", "),
                             "; listed in ", kFindingsMember));
  }
  if (serious.empty()) return ExitCode::kDone;
  size_t shown = 0;
  for (const Finding& finding : findings.Kept()) {
    if (IsNote(finding.kind) || IsTolerated(finding, tolerance)) continue;
    if (shown == kFindingsShown) break;
    ReportFinding(finding, report);
    ++shown;
  }
  report.Warning(absl::StrCat("findings: ", absl::StrJoin(serious, ", "), "; all of them are in ",
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
    if (facts.perf) report.Event("perf", PerfJson(summary.times));
    return;
  }
  report.Note(absl::StrFormat("%s: %s %s, %s in %s (%.2fx), %s, %.1f MB/s, %s",
                              facts.output == "-" ? "standard output" : facts.output,
                              FormatCount(summary.members),
                              summary.members == 1 ? "member" : "members",
                              FormatSize(summary.logical_bytes), FormatSize(summary.file_bytes),
                              ratio, FormatDuration(facts.seconds), rate / 1e6, facts.engine));
  if (!facts.perf) return;
  const std::string table = PerfText(summary.times);
  for (const absl::string_view line : absl::StrSplit(table, '\n', absl::SkipEmpty()))
    report.Note(line);
}

}  // namespace ingot
