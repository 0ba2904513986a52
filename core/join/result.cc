#include "core/join/result.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/json_fields.h"
#include "io/status.h"
#include "nlohmann/json.hpp"

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kDocument[] = "the manifest's join";

constexpr std::pair<const char*, uint64_t JoinResult::*> kCounts[] = {
    {"url_rows", &JoinResult::url_rows},
    {"data_rows", &JoinResult::data_rows},
    {"referenced", &JoinResult::referenced},
    {"present", &JoinResult::present},
    {"encrypted", &JoinResult::encrypted},
    {"recoverable", &JoinResult::recoverable},
    {"missing", &JoinResult::missing},
    {"wrong_size", &JoinResult::wrong_size},
    {"incomplete", &JoinResult::incomplete},
    {"invalid_rows", &JoinResult::invalid_rows},
    {"unreferenced_files", &JoinResult::unreferenced_files},
};

Json ProblemToJson(const JoinProblem& problem) {
  Json json = {{"url", ToUtf8(problem.url)},
               {"state", ContentStateName(problem.state)},
               {"size", problem.size},
               {"found_size", problem.found_size},
               {"nodes", Json::array()}};
  for (const JoinedNode& node : problem.nodes) {
    json["nodes"].push_back({{"uuid", ToUtf8(node.uuid)}, {"name", ToUtf8(node.name)}});
  }
  return json;
}

absl::StatusOr<JoinProblem> ParseProblem(const Json& json, size_t number) {
  JsonFields fields(json, kDocument, absl::StrCat("problem ", number));
  JoinProblem problem;
  problem.url = fields.Text("url");
  const std::string state = fields.Text("state");
  problem.size = fields.Number("size");
  problem.found_size = fields.Number("found_size");
  for (ContentState known : {ContentState::kMissing, ContentState::kWrongSize,
                             ContentState::kIncomplete, ContentState::kRecoverable}) {
    if (state == ContentStateName(known)) problem.state = known;
  }
  if (state != ContentStateName(problem.state)) fields.Wrong("state");
  const Json* nodes = fields.Find("nodes", /*required=*/false);
  if (nodes != nullptr && !nodes->is_array()) fields.Wrong("nodes");
  INGOT_RETURN_IF_ERROR(fields.status());
  if (nodes == nullptr) return problem;
  for (const Json& item : *nodes) {
    JsonFields inner(item, kDocument, absl::StrCat("a node of problem ", number));
    problem.nodes.push_back({inner.Text("uuid"), inner.Text("name")});
    INGOT_RETURN_IF_ERROR(inner.status());
  }
  return problem;
}

}  // namespace

const char* JoinOutcomeName(JoinOutcome outcome) {
  switch (outcome) {
    case JoinOutcome::kProved:
      return "proved";
    case JoinOutcome::kFailed:
      return "failed";
    case JoinOutcome::kNotPossible:
      return "not possible";
  }
  return "";
}

const char* ContentStateName(ContentState state) {
  switch (state) {
    case ContentState::kMissing:
      return "missing";
    case ContentState::kWrongSize:
      return "wrong size";
    case ContentState::kIncomplete:
      return "incomplete";
    case ContentState::kRecoverable:
      return "recoverable";
  }
  return "";
}

Json JoinToJson(const JoinResult& result) {
  Json json = {{"outcome", JoinOutcomeName(result.outcome)}};
  if (!result.reason.empty()) json["reason"] = ToUtf8(result.reason);
  for (const auto& [name, count] : kCounts) json[name] = result.*count;
  json["not_on_disk"] = Json::object();
  for (const auto& [scheme, count] : result.not_on_disk)
    json["not_on_disk"][ToUtf8(scheme)] = count;
  json["problems"] = Json::array();
  for (const JoinProblem& problem : result.problems) {
    json["problems"].push_back(ProblemToJson(problem));
  }
  return json;
}

absl::StatusOr<JoinResult> ParseJoin(const Json& json) {
  JsonFields fields(json, kDocument, "it");
  JoinResult result;
  const std::string outcome = fields.Text("outcome");
  for (JoinOutcome known :
       {JoinOutcome::kProved, JoinOutcome::kFailed, JoinOutcome::kNotPossible}) {
    if (outcome == JoinOutcomeName(known)) result.outcome = known;
  }
  if (outcome != JoinOutcomeName(result.outcome)) fields.Wrong("outcome");
  result.reason = fields.Text("reason", /*required=*/false);
  for (const auto& [name, count] : kCounts) result.*count = fields.Number(name);
  const Json* not_on_disk = fields.Find("not_on_disk", /*required=*/true);
  const Json* problems = fields.Find("problems", /*required=*/true);
  if (not_on_disk != nullptr && !not_on_disk->is_object()) fields.Wrong("not_on_disk");
  if (problems != nullptr && !problems->is_array()) fields.Wrong("problems");
  INGOT_RETURN_IF_ERROR(fields.status());
  for (const auto& [scheme, count] : not_on_disk->items()) {
    if (!count.is_number_unsigned()) fields.Wrong("not_on_disk");
    INGOT_RETURN_IF_ERROR(fields.status());
    result.not_on_disk[scheme] = count.get<uint64_t>();
  }
  for (const Json& item : *problems) {
    INGOT_ASSIGN_OR_RETURN(JoinProblem problem, ParseProblem(item, result.problems.size() + 1));
    result.problems.push_back(std::move(problem));
  }
  return result;
}

}  // namespace ingot
