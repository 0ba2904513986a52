#include "core/join/explain.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "core/join/documents.h"
#include "io/status.h"

namespace ingot {
namespace {

std::optional<ContentState> ProblemOf(UrlState state) {
  switch (state) {
    case UrlState::kMissing:
      return ContentState::kMissing;
    case UrlState::kWrongSize:
      return ContentState::kWrongSize;
    case UrlState::kIncomplete:
      return ContentState::kIncomplete;
    case UrlState::kRecoverable:
      return ContentState::kRecoverable;
    case UrlState::kPresent:
      return std::nullopt;
  }
  return std::nullopt;
}

struct ProblemRow {
  uint64_t id = 0;
  uint64_t size = 0;
};
using ProblemRows = std::map<std::pair<ContentState, std::string>, ProblemRow>;

// Rows of URLs that have a problem: the first kProblemsMax, whatever order they come in.
class ProblemCollector : public RowSink {
 public:
  explicit ProblemCollector(const UrlTable& urls) : urls_(urls) {}

  static std::vector<WantedTable> WantedTables() {
    return {{"alf_content_url", {"id", "content_url", "content_size"}}};
  }

  void Row(size_t /*table*/, RowValues values) override {
    ProblemRow row;
    if (!values[0] || !values[1] || !values[2] || !absl::SimpleAtoi(*values[0], &row.id) ||
        !absl::SimpleAtoi(*values[2], &row.size)) {
      return;
    }
    const absl::string_view scheme = ContentScheme(*values[1]);
    if (scheme != kStoreScheme && !scheme.empty()) return;
    const std::optional<ContentState> state =
        ProblemOf(urls_.StateOf(ContentPath(*values[1]), row.id));
    if (!state.has_value()) return;
    rows_.try_emplace({*state, std::string(*values[1])}, row);
    if (rows_.size() > JoinResult::kProblemsMax) rows_.erase(std::prev(rows_.end()));
  }

  const ProblemRows& rows() const { return rows_; }

 private:
  const UrlTable& urls_;
  ProblemRows rows_;
};

absl::Status FindSizes(const JoinInput& input, std::vector<JoinProblem>* problems) {
  absl::flat_hash_map<std::string, std::vector<JoinProblem*>> by_path;
  for (JoinProblem& problem : *problems) {
    if (problem.state != ContentState::kMissing) {
      by_path[ContentPath(problem.url)].push_back(&problem);
    }
  }
  if (by_path.empty()) return absl::OkStatus();
  return ForEachContentFile(
             input.roots, input.visit_entries,
             [&by_path](absl::string_view path) { return by_path.contains(path); },
             [&by_path](absl::string_view path, const UrlTable::File& file) {
               for (JoinProblem* problem : by_path[path]) {
                 if (problem->found_size == 0 || file.size == problem->size) {
                   problem->found_size = file.size;
                 }
               }
             })
      .status();
}

// Without nodes where the dump does not tell them: the problems are known all the same.
absl::Status FindNodes(const JoinInput& input, const ProblemRows& rows,
                       std::vector<JoinProblem>* problems) {
  DocumentQuery query;
  absl::flat_hash_map<std::string, JoinProblem*> by_url;
  for (const auto& [key, row] : rows) query.url_ids.insert(row.id);
  for (JoinProblem& problem : *problems) by_url.try_emplace(problem.url, &problem);
  absl::Status understood;  // the join itself has told
  INGOT_ASSIGN_OR_RETURN(std::vector<Document> documents,
                         FindDocuments(input.read_dump, input.dialect, query, &understood));
  for (Document& document : documents) {
    const auto problem = by_url.find(document.url);
    if (problem == by_url.end() || document.uuid.empty()) continue;
    std::vector<JoinedNode>& nodes = problem->second->nodes;
    JoinedNode node{std::move(document.uuid), std::move(document.name)};
    if (nodes.size() < JoinResult::kNodesMax &&
        std::find(nodes.begin(), nodes.end(), node) == nodes.end()) {
      nodes.push_back(std::move(node));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<JoinProblem>> ExplainProblems(const JoinInput& input) {
  ProblemCollector collector(input.urls->table());
  INGOT_RETURN_IF_ERROR(
      ReadRows(input.read_dump, input.dialect, ProblemCollector::WantedTables(), &collector)
          .status());
  std::vector<JoinProblem> problems;
  for (const auto& [key, row] : collector.rows()) {
    problems.push_back({.url = key.second, .state = key.first, .size = row.size});
  }
  INGOT_RETURN_IF_ERROR(FindSizes(input, &problems));
  INGOT_RETURN_IF_ERROR(FindNodes(input, collector.rows(), &problems));
  return problems;
}

}  // namespace ingot
