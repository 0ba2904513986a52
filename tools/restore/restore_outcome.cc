#include "tools/restore/restore_outcome.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "tools/size.h"

namespace ingot {
namespace {

std::string ProblemLine(const JoinProblem& problem) {
  std::string line = absl::StrCat(problem.url, ": ", ContentStateName(problem.state));
  if (problem.state == ContentState::kWrongSize) {
    absl::StrAppend(&line, ", ", problem.found_size, " bytes instead of ", problem.size);
  }
  return line;
}

bool HadJoin(const Manifest& manifest) {
  return manifest.join.has_value() && manifest.join->outcome != JoinOutcome::kNotPossible;
}

// Whether the database has what the dump had.
bool SameRows(const JoinResult& now, const Manifest& manifest) {
  if (!HadJoin(manifest)) return true;
  return now.url_rows == manifest.join->url_rows && now.data_rows == manifest.join->data_rows;
}

}  // namespace

ExitCode WorseOf(ExitCode a, ExitCode b) {
  constexpr ExitCode kOrder[] = {ExitCode::kDone, ExitCode::kFailed, ExitCode::kContentMissing,
                                 ExitCode::kDamaged};
  const auto rank = [&kOrder](ExitCode code) {
    return std::find(std::begin(kOrder), std::end(kOrder), code);
  };
  return rank(a) < rank(b) ? b : a;
}

ExitCode TellJoin(const RestoredJoin& join, const Manifest& manifest, Report& report) {
  const JoinResult& result = join.result;
  if (result.outcome == JoinOutcome::kNotPossible) {
    if (HadJoin(manifest)) {
      report.Error(absl::StrCat("the database was not restored as it was: ", result.reason,
                                ", the backup has ", FormatCount(manifest.join->url_rows), " and ",
                                FormatCount(manifest.join->data_rows), " rows of them"));
      return ExitCode::kFailed;
    }
    report.Warning(absl::StrCat("whether all content is there was not proved: ", result.reason));
    return ExitCode::kDone;
  }
  if (join.put_back > 0) {
    report.Note(absl::StrCat(FormatCount(join.put_back),
                             " files that rows refer to were put back from contentstore.deleted"));
  }
  for (const auto& [scheme, count] : result.not_on_disk) {
    report.Note(absl::StrCat(FormatCount(count), " contents are in ", scheme,
                             "://, which no backup of files covers"));
  }
  if (!SameRows(result, manifest)) {
    report.Error(absl::StrCat("the database has ", FormatCount(result.url_rows), " and ",
                              FormatCount(result.data_rows), " rows of content, the backup ",
                              FormatCount(manifest.join->url_rows), " and ",
                              FormatCount(manifest.join->data_rows),
                              ": it was not restored as it was, or somebody writes to it"));
    return ExitCode::kFailed;
  }
  if (result.outcome == JoinOutcome::kProved) {
    report.Note(absl::StrCat("proved: all ", FormatCount(result.present),
                             " content files that the database refers to are there"));
    return ExitCode::kDone;
  }
  for (size_t i = 0; i < std::min(kUrlsShown, result.problems.size()); ++i) {
    report.Error(ProblemLine(result.problems[i]));
  }
  if (!join.not_put_back.ok()) report.Error(join.not_put_back);
  report.Error(absl::StrCat(
      "of ", FormatCount(result.referenced), " contents that the database refers to, ",
      FormatCount(result.missing), " are missing, ", FormatCount(result.wrong_size),
      " have the wrong size, ", FormatCount(result.recoverable),
      " are in contentstore.deleted and could not be put back",
      result.missing + result.wrong_size > 0 ? "; look for the missing in an older backup" : ""));
  return ExitCode::kContentMissing;
}

void TellNextSteps(const RestorePlan& plan, const Manifest& manifest, const std::string& container,
                   const std::string& after_database, Report& report) {
  const auto next = [&report](absl::string_view text) {
    report.Note(absl::StrCat("next: ", text));
  };
  for (const ManifestStage& stage : plan.left_out) {
    next(absl::StrCat(stage.name, " came from ", stage.source,
                      " and was not put back: ingot restore ", container, " -C DIR ", stage.name));
  }
  if (!plan.database.has_value()) {
    next(absl::StrCat("the database: ingot cat ", container, " ", plan.dump_member,
                      " | the tool that reads it"));
  }
  if (!after_database.empty()) next(after_database);
  for (const RestoreTree& tree : plan.trees) {
    if (tree.kind != StageKind::kIndex) continue;
    next(absl::StrCat("with Solr stopped, make the index of core ",
                      LastComponent(ParentPath(tree.member)), " this snapshot: rsync -a --delete ",
                      tree.directory,
                      "/ INDEX/ (INDEX: data.dir.root/data.dir.store/index of the core's "
                      "solrcore.properties)"));
  }
  if (manifest.reindex_needed) {
    next(
        "the backup holds no index: with Solr stopped, empty the cores' index directories; it "
        "builds them anew when it starts (with Elasticsearch: run the reindexing application)");
  }
  next("start Alfresco, and Solr after it");
}

}  // namespace ingot
