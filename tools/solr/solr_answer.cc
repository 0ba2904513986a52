#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "core/json.h"
#include "io/status.h"
#include "nlohmann/json.hpp"
#include "tools/solr/replication.h"

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kQuotedBytesMax = 300;  // of a server's words in a message
constexpr int kJsonDepthMax = 64;

std::string Quote(absl::string_view text) {
  std::string quoted = EscapeForTerminal(text.substr(0, kQuotedBytesMax));
  if (text.size() > kQuotedBytesMax) quoted += "...";
  return quoted;
}

// Strings as they are, anything else as JSON.
std::string TextOf(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<Json> Parse(absl::string_view body) {
  // A callback that refuses depth keeps the destructor's recursion small.
  const auto limit_depth = [](int depth, Json::parse_event_t, Json&) {
    return depth <= kJsonDepthMax;
  };
  Json json = Json::parse(body.begin(), body.end(), limit_depth, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return absl::FailedPreconditionError(
      absl::StrCat("the answer is not Solr's JSON: ", body.empty() ? "it is empty" : Quote(body)));
}

const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

// Solr's NamedList as a map: {"a": 1} or ["a", 1].
Json AsMap(const Json& list) {
  if (!list.is_array()) return list;
  Json map = Json::object();
  for (size_t i = 0; i + 1 < list.size(); i += 2) {
    if (list[i].is_string()) map[list[i].get<std::string>()] = list[i + 1];
  }
  return map;
}

std::string TextAt(const Json& map, const char* key) {
  const Json* const value = Find(map, key);
  return value == nullptr ? std::string() : TextOf(*value);
}

absl::Status CheckAnswer(const Json& json) {
  std::string problem = TextAt(json, "exception");
  if (const Json* error = Find(json, "error"); problem.empty() && error != nullptr) {
    problem = TextAt(AsMap(*error), "msg");
    if (problem.empty()) problem = TextOf(*error);
  }
  const std::string status = TextAt(json, "status");
  if (problem.empty() && !status.empty() && !absl::EqualsIgnoreCase(status, "OK")) {
    problem = absl::StrCat("status ", status, " ", TextAt(json, "message"));
  }
  if (const Json* header = Find(json, "responseHeader"); problem.empty() && header != nullptr) {
    const std::string code = TextAt(AsMap(*header), "status");
    if (!code.empty() && code != "0") problem = absl::StrCat("status ", code);
  }
  if (problem.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("Solr answers: ", Quote(problem)));
}

struct JavaTime {
  absl::CivilSecond second;
  std::string zone;
};

// "Tue Jan 30 14:32:12 CET 2018"
bool ParseJavaTime(absl::string_view text, JavaTime* time) {
  const std::vector<std::string> parts = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (parts.size() != 6) return false;
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* const month = std::find(std::begin(kMonths), std::end(kMonths), parts[1]);
  if (month == std::end(kMonths)) return false;
  const std::string iso =
      absl::StrCat(parts[5], "-", month - std::begin(kMonths) + 1, "-", parts[2], "T", parts[3]);
  time->zone = parts[4];
  return absl::ParseLenientCivilTime(iso, &time->second);
}

}  // namespace

absl::Status CheckSolrAnswer(absl::string_view body) {
  INGOT_ASSIGN_OR_RETURN(const Json json, Parse(body));
  return CheckAnswer(json);
}

absl::StatusOr<SolrBackupSection> ParseSolrDetails(absl::string_view body) {
  INGOT_ASSIGN_OR_RETURN(const Json json, Parse(body));
  INGOT_RETURN_IF_ERROR(CheckAnswer(json));
  const Json* const details_list = Find(json, "details");
  if (details_list == nullptr) {
    return absl::FailedPreconditionError(
        "the answer has no details: this is not Solr's replication handler");
  }
  const Json details = AsMap(*details_list);
  SolrBackupSection section;
  const Json* const backup_list = Find(details, "backup");
  if (backup_list == nullptr || backup_list->is_null()) return section;
  const Json backup = AsMap(*backup_list);
  section.present = true;
  section.text = TextOf(backup);
  section.start_time = TextAt(backup, "startTime");
  section.completed_at = TextAt(backup, "snapshotCompletedAt");
  section.status = TextAt(backup, "status");
  section.directory = TextAt(backup, "directoryName");
  const Json* const files = Find(backup, "fileCount");
  if (files != nullptr && files->is_number_unsigned()) section.file_count = files->get<uint64_t>();
  for (const char* key : {"snapShootException", "exception"}) {
    const Json* const exception = Find(backup, key);
    if (exception == nullptr) continue;
    section.exception = Quote(TextOf(*exception));
    if (section.exception.empty()) section.exception = "an exception without a message";
    break;
  }
  return section;
}

bool IsLaterSolrTime(absl::string_view now, absl::string_view before) {
  if (now == before) return false;
  JavaTime now_time;
  JavaTime before_time;
  if (ParseJavaTime(now, &now_time) && ParseJavaTime(before, &before_time)) {
    // Another name of the zone is daylight saving that began or ended: clocks go back by an hour.
    if (now_time.zone != before_time.zone) return now_time.second + 3600 > before_time.second;
    return now_time.second > before_time.second;
  }
  absl::Time now_instant;
  absl::Time before_instant;
  if (absl::ParseTime(absl::RFC3339_full, now, &now_instant, nullptr) &&
      absl::ParseTime(absl::RFC3339_full, before, &before_instant, nullptr)) {
    return now_instant > before_instant;
  }
  return true;
}

}  // namespace ingot
