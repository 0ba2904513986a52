#include "tools/preflight/tell.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/json.h"

namespace ingot {
namespace {

constexpr Severity kSeverities[] = {Severity::kNote, Severity::kWarning, Severity::kError};

void Tell(const Check& check, Report& report) {
  if (report.json_events()) {
    report.Event("check", {{"severity", SeverityName(check.severity)},
                           {"subject", ToUtf8(check.subject)},
                           {"text", ToUtf8(check.text)},
                           {"remedy", ToUtf8(check.remedy)}});
    return;
  }
  const std::string line = absl::StrCat("[", check.subject, "] ", CheckText(check));
  switch (check.severity) {
    case Severity::kNote:
      return report.Note(line);
    case Severity::kWarning:
      return report.Warning(line);
    case Severity::kError:
      return report.Error(line);
  }
}

// "2 warnings" and the like, nothing for none.
std::string Counted(size_t count, Severity severity) {
  return absl::StrCat(count, " ", SeverityName(severity), count == 1 ? "" : "s");
}

void TellEnd(const PreflightResult& result, Report& report) {
  size_t counts[3] = {};
  for (const Check& check : result.checks) ++counts[static_cast<size_t>(check.severity)];
  if (report.json_events()) {
    report.Event("checked", {{"errors", counts[2]},
                             {"warnings", counts[1]},
                             {"notes", counts[0]},
                             {"may_start", result.verdict.ok()}});
    return;
  }
  std::vector<std::string> parts;
  for (const Severity severity : {Severity::kError, Severity::kWarning, Severity::kNote}) {
    const size_t count = counts[static_cast<size_t>(severity)];
    if (count > 0) parts.push_back(Counted(count, severity));
  }
  report.Note(absl::StrCat(
      "checked: ", parts.empty() ? "nothing to tell" : absl::StrJoin(parts, ", "),
      result.verdict.ok() ? "; nothing stops a backup" : "; a backup would not start"));
}

}  // namespace

ExitCode TellPreflight(const PreflightResult& result, PreflightUse use, Report& report) {
  for (const Severity severity : kSeverities) {
    // Before a backup they are for the manifest.
    const bool told =
        severity != Severity::kNote || use == PreflightUse::kCheckOnly || report.json_events();
    if (!told) continue;
    for (const Check& check : result.checks) {
      if (check.severity == severity) Tell(check, report);
    }
  }
  if (use == PreflightUse::kCheckOnly) TellEnd(result, report);
  return ExitCodeOf(result.verdict);
}

}  // namespace ingot
