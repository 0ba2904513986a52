#include "tools/join_report.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/json.h"
#include "core/manifest.h"
#include "nlohmann/json.hpp"
#include "tools/size.h"

namespace ingot {
namespace {

std::string NodesText(const JoinProblem& problem) {
  if (problem.nodes.empty()) return "";
  std::vector<std::string> nodes;
  for (const JoinedNode& node : problem.nodes) {
    nodes.push_back(node.name.empty() ? absl::StrCat("node ", node.uuid)
                                      : absl::StrCat("'", node.name, "', node ", node.uuid));
  }
  return absl::StrCat(" (", absl::StrJoin(nodes, "; "), ")");
}

std::string ProblemText(const JoinProblem& problem) {
  const std::string size = problem.state == ContentState::kWrongSize
                               ? absl::StrCat(problem.found_size, " bytes and not ", problem.size)
                               : absl::StrCat(problem.size, " bytes");
  return absl::StrCat(ContentStateName(problem.state), ": ", problem.url, ", ", size,
                      NodesText(problem));
}

// What the plain counts leave open: ", 3 more are not on disk by design (s3 3)".
std::string Details(const JoinResult& join) {
  std::string text;
  if (join.encrypted > 0) {
    absl::StrAppend(&text, "; encrypted, sizes not compared: ", FormatCount(join.encrypted));
  }
  if (join.recoverable > 0) {
    absl::StrAppend(&text, "; in contentstore.deleted or another directory that is no store: ",
                    FormatCount(join.recoverable));
  }
  if (!join.not_on_disk.empty()) {
    std::vector<std::string> schemes;
    for (const auto& [scheme, count] : join.not_on_disk) {
      schemes.push_back(absl::StrCat(scheme, ": ", FormatCount(count)));
    }
    absl::StrAppend(&text, "; not on disk and not covered: ", absl::StrJoin(schemes, ", "));
  }
  if (join.unreferenced_files > 0) {
    absl::StrAppend(&text, "; files without a row: ", FormatCount(join.unreferenced_files));
  }
  return text;
}

// "1 is missing, 2 have another size"
std::string FailuresText(const JoinResult& join) {
  std::vector<std::string> parts;
  const auto add = [&parts](uint64_t count, absl::string_view one, absl::string_view many) {
    if (count > 0) parts.push_back(absl::StrCat(FormatCount(count), count == 1 ? one : many));
  };
  add(join.missing, " is missing", " are missing");
  add(join.wrong_size, " has another size", " have another size");
  add(join.incomplete, " is incomplete", " are incomplete");
  return absl::StrJoin(parts, ", ");
}

}  // namespace

std::string JoinText(const JoinResult& join) {
  const char* outcome = JoinOutcomeName(join.outcome);
  switch (join.outcome) {
    case JoinOutcome::kProved:
      return absl::StrCat(outcome, ": the content of all ",
                          FormatCount(join.present + join.recoverable), " referenced URLs is here",
                          Details(join));
    case JoinOutcome::kFailed:
      return absl::StrCat(outcome, ": of ", FormatCount(join.referenced), " referenced URLs ",
                          FailuresText(join), Details(join));
    case JoinOutcome::kNotPossible:
      return absl::StrCat(outcome, ": ", join.reason);
  }
  return "";
}

ExitCode ReportJoin(const JoinResult& join, bool expected, absl::string_view container,
                    Report& report) {
  size_t told = 0;
  for (const JoinProblem& problem : join.problems) {
    if (told == kProblemLinesMax) break;
    ++told;
    if (problem.state == ContentState::kRecoverable) {
      report.Warning(ProblemText(problem));
    } else {
      report.Error(ProblemText(problem));
    }
  }
  const uint64_t all = join.missing + join.wrong_size + join.incomplete + join.recoverable;
  if (all > told) {
    report.Warning(absl::StrCat(FormatCount(all - told), " more: ingot cat ", container, " ",
                                kManifestMember, " lists ",
                                FormatCount(std::min<uint64_t>(all, join.problems.size()))));
  }
  nlohmann::ordered_json event = JoinToJson(join);
  event.erase("problems");
  report.Event("join", event);
  const std::string text = absl::StrCat("dump and content: ", JoinText(join));
  switch (join.outcome) {
    case JoinOutcome::kProved:
      report.Note(text);
      return ExitCode::kDone;
    case JoinOutcome::kFailed:
      report.Error(absl::StrCat(text, "; look for it in an older backup"));
      return ExitCode::kContentMissing;
    case JoinOutcome::kNotPossible:
      if (expected) {
        report.Warning(text);
      } else {
        report.Note(text);
      }
      return ExitCode::kDone;
  }
  return ExitCode::kDone;
}

}  // namespace ingot
