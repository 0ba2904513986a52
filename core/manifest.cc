#include "core/manifest.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/json_fields.h"
#include "io/clock.h"
#include "io/status.h"
#include "nlohmann/json.hpp"

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
// Seconds that can be told in 64-bit nanoseconds: until the year 2262.
constexpr int64_t kSecondsMax = INT64_MAX / kNanosecondsPerSecond - 1;

// No manifest is deeper. What is gets no memory: 16 MiB of "[" would take a gigabyte.
constexpr int kJsonDepthMax = 64;

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat(kManifestMember, ": ", what));
}

JsonFields FieldsOf(const Json& json, std::string where) {
  return JsonFields(json, kManifestMember, std::move(where));
}

io::Timestamp TimeOf(JsonFields& fields, const char* name) {
  const uint64_t nanoseconds = fields.Number(name);
  return {static_cast<int64_t>(nanoseconds / kNanosecondsPerSecond),
          static_cast<uint32_t>(nanoseconds % kNanosecondsPerSecond)};
}

int64_t UnixNanoseconds(const io::Timestamp& time) {
  if (time.seconds < 0 || time.seconds > kSecondsMax) return 0;
  return time.seconds * kNanosecondsPerSecond + time.nanoseconds;
}

Json StageToJson(const ManifestStage& stage) {
  Json json = {
      {"name", ToUtf8(stage.name)},
      {"kind", StageKindName(stage.kind)},
  };
  if (!stage.source.empty()) json["source"] = ToUtf8(stage.source);
  if (stage.role != StageRole::kOther) json["role"] = StageRoleName(stage.role);
  json["members"] = stage.members;
  json["bytes"] = stage.bytes;
  json["first_frame"] = stage.first_frame;
  json["end_frame"] = stage.end_frame;
  json["started"] = io::FormatUtc(stage.started);
  json["finished"] = io::FormatUtc(stage.finished);
  json["started_unix_ns"] = UnixNanoseconds(stage.started);
  json["finished_unix_ns"] = UnixNanoseconds(stage.finished);
  json["started_boot_ns"] = stage.started_boot_ns;
  json["finished_boot_ns"] = stage.finished_boot_ns;
  return json;
}

Json CheckToJson(const Check& check) {
  Json json = {{"severity", SeverityName(check.severity)},
               {"subject", ToUtf8(check.subject)},
               {"text", ToUtf8(check.text)}};
  if (!check.remedy.empty()) json["remedy"] = ToUtf8(check.remedy);
  return json;
}

Json ListToJson(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const std::string& item : list) json.push_back(ToUtf8(item));
  return json;
}

std::optional<StageKind> StageKindOf(absl::string_view name) {
  for (StageKind kind : {StageKind::kIndex, StageKind::kDatabase, StageKind::kContent}) {
    if (name == StageKindName(kind)) return kind;
  }
  return std::nullopt;
}

std::optional<StageRole> StageRoleOf(absl::string_view name) {
  for (StageRole role : {StageRole::kOther, StageRole::kContentStore, StageRole::kDeletedContent,
                         StageRole::kOtherStore}) {
    if (name == StageRoleName(role)) return role;
  }
  return std::nullopt;
}

absl::StatusOr<ManifestStage> ParseStage(const Json& json, size_t number) {
  JsonFields fields = FieldsOf(json, absl::StrCat("stage ", number));
  ManifestStage stage;
  stage.name = fields.Text("name");
  const std::optional<StageKind> kind = StageKindOf(fields.Text("kind"));
  stage.source = fields.Text("source", /*required=*/false);
  stage.members = fields.Number("members");
  stage.bytes = fields.Number("bytes");
  stage.first_frame = fields.Number("first_frame");
  stage.end_frame = fields.Number("end_frame");
  stage.started = TimeOf(fields, "started_unix_ns");
  stage.finished = TimeOf(fields, "finished_unix_ns");
  stage.started_boot_ns = fields.Number("started_boot_ns");
  stage.finished_boot_ns = fields.Number("finished_boot_ns");
  const std::optional<StageRole> role = StageRoleOf(fields.Text("role", /*required=*/false));
  if (fields.status().ok() && !kind.has_value()) fields.Wrong("kind");
  if (fields.status().ok() && !role.has_value()) fields.Wrong("role");
  INGOT_RETURN_IF_ERROR(fields.status());
  stage.kind = *kind;
  stage.role = *role;
  return stage;
}

absl::Status ParseDatabase(JsonFields& fields, ManifestDatabase* database) {
  const Json* json = fields.Find("database", /*required=*/true);
  if (json == nullptr) return fields.status();
  JsonFields inner = FieldsOf(*json, "database");
  database->vendor = inner.Text("vendor");
  database->tool = inner.Text("tool", /*required=*/false);
  database->member = inner.Text("member");
  return inner.status();
}

absl::Status ParseStages(JsonFields& fields, std::vector<ManifestStage>* stages) {
  const Json* json = fields.Find("stages", /*required=*/true);
  if (json == nullptr) return fields.status();
  if (!json->is_array()) return Malformed("\"stages\" is not a list");
  for (const Json& item : *json) {
    INGOT_ASSIGN_OR_RETURN(ManifestStage stage, ParseStage(item, stages->size() + 1));
    stages->push_back(std::move(stage));
  }
  return absl::OkStatus();
}

absl::Status ParseFindings(JsonFields& fields, std::map<std::string, uint64_t>* findings) {
  const Json* json = fields.Find("findings", /*required=*/false);
  if (json == nullptr) return fields.status();
  if (!json->is_object()) return Malformed("\"findings\" is not an object");
  for (const auto& [kind, count] : json->items()) {
    if (!count.is_number_unsigned()) return Malformed("\"findings\" has a count that is no number");
    (*findings)[kind] = count.get<uint64_t>();
  }
  return absl::OkStatus();
}

absl::Status ParseChecks(JsonFields& fields, std::vector<Check>* checks) {
  const Json* json = fields.Find("checks", /*required=*/false);
  if (json == nullptr) return fields.status();
  if (!json->is_array()) return Malformed("\"checks\" is not a list");
  for (const Json& item : *json) {
    JsonFields inner = FieldsOf(item, absl::StrCat("check ", checks->size() + 1));
    Check check;
    const std::string severity = inner.Text("severity");
    check.subject = inner.Text("subject");
    check.text = inner.Text("text");
    check.remedy = inner.Text("remedy", /*required=*/false);
    for (Severity known : {Severity::kNote, Severity::kWarning, Severity::kError}) {
      if (severity == SeverityName(known)) check.severity = known;
    }
    if (severity != SeverityName(check.severity)) inner.Wrong("severity");
    INGOT_RETURN_IF_ERROR(inner.status());
    checks->push_back(std::move(check));
  }
  return absl::OkStatus();
}

absl::Status OutOfOrder(const ManifestStage& earlier, const ManifestStage& later,
                        absl::string_view by) {
  return absl::DataLossError(absl::StrCat(
      "the stages are out of order by ", by, ": ", StageKindName(later.kind), " '", later.name,
      "' began before ", StageKindName(earlier.kind), " '", earlier.name, "' had ended"));
}

}  // namespace

const char* StageKindName(StageKind kind) {
  switch (kind) {
    case StageKind::kIndex:
      return "index";
    case StageKind::kDatabase:
      return "database";
    case StageKind::kContent:
      return "content";
  }
  return "";
}

const char* StageRoleName(StageRole role) {
  switch (role) {
    case StageRole::kOther:
      return "";
    case StageRole::kContentStore:
      return "contentstore";
    case StageRole::kDeletedContent:
      return "contentstore.deleted";
    case StageRole::kOtherStore:
      return "store";
  }
  return "";
}

const char* SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "";
}

std::string ManifestToJson(const Manifest& manifest) {
  Json json = {
      {"version", manifest.version},
      {"tool", ToUtf8(manifest.tool)},
      {"host", ToUtf8(manifest.host)},
      {"source", ToUtf8(manifest.source)},
  };
  if (!manifest.properties_file.empty()) {
    json["properties_file"] = ToUtf8(manifest.properties_file);
  }
  if (!manifest.index_subsystem.empty()) {
    json["index_subsystem"] = ToUtf8(manifest.index_subsystem);
  }
  json["reindex_needed"] = manifest.reindex_needed;
  json["database"] = {{"vendor", ToUtf8(manifest.database.vendor)},
                      {"tool", ToUtf8(manifest.database.tool)},
                      {"member", ToUtf8(manifest.database.member)}};
  json["stages"] = Json::array();
  for (const ManifestStage& stage : manifest.stages) json["stages"].push_back(StageToJson(stage));
  json["findings"] = Json::object();
  for (const auto& [kind, count] : manifest.findings) json["findings"][kind] = count;
  if (manifest.join.has_value()) json["join"] = JoinToJson(*manifest.join);
  json["checks"] = Json::array();
  for (const Check& check : manifest.checks) json["checks"].push_back(CheckToJson(check));
  json["warnings"] = ListToJson(manifest.warnings);
  json["notes"] = ListToJson(manifest.notes);
  return JsonForTerminal(json.dump(2)) + "\n";
}

absl::StatusOr<Manifest> ParseManifest(absl::string_view json) {
  if (json.size() > kManifestBytesMax) {
    return Malformed(absl::StrCat("longer than ", kManifestBytesMax, " bytes"));
  }
  const auto limit_depth = [](int depth, Json::parse_event_t, Json&) {
    return depth <= kJsonDepthMax;
  };
  const Json parsed =
      Json::parse(json.begin(), json.end(), limit_depth, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return Malformed("not JSON");
  JsonFields fields = FieldsOf(parsed, "the manifest");
  Manifest manifest;
  const uint64_t version = fields.Number("version");
  INGOT_RETURN_IF_ERROR(fields.status());
  if (version == 0) return Malformed("version 0");
  if (version > kManifestVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        kManifestMember, ": version ", version, " was written by a newer ingot: use that one"));
  }
  manifest.version = static_cast<int>(version);
  manifest.tool = fields.Text("tool");
  manifest.host = fields.Text("host");
  manifest.source = fields.Text("source");
  manifest.properties_file = fields.Text("properties_file", /*required=*/false);
  manifest.index_subsystem = fields.Text("index_subsystem", /*required=*/false);
  manifest.reindex_needed = fields.Flag("reindex_needed");
  INGOT_RETURN_IF_ERROR(ParseDatabase(fields, &manifest.database));
  INGOT_RETURN_IF_ERROR(ParseStages(fields, &manifest.stages));
  INGOT_RETURN_IF_ERROR(ParseFindings(fields, &manifest.findings));
  INGOT_RETURN_IF_ERROR(ParseChecks(fields, &manifest.checks));
  if (const Json* join = fields.Find("join", /*required=*/false)) {
    INGOT_ASSIGN_OR_RETURN(manifest.join, ParseJoin(*join));
  }
  manifest.warnings = fields.List("warnings");
  manifest.notes = fields.List("notes");
  INGOT_RETURN_IF_ERROR(fields.status());
  return manifest;
}

absl::Status CheckStageOrder(const Manifest& manifest) {
  size_t databases = 0;
  const ManifestStage* previous = nullptr;
  for (const ManifestStage& stage : manifest.stages) {
    databases += stage.kind == StageKind::kDatabase;
    if (stage.end_frame < stage.first_frame || stage.finished_boot_ns < stage.started_boot_ns) {
      return Malformed(absl::StrCat("stage '", stage.name, "' ends before it begins"));
    }
    if (previous != nullptr) {
      if (stage.kind < previous->kind) return OutOfOrder(stage, *previous, "kind");
      if (stage.first_frame < previous->end_frame) return OutOfOrder(*previous, stage, "frame");
      if (stage.started_boot_ns < previous->finished_boot_ns) {
        return OutOfOrder(*previous, stage, "boot clock");
      }
    }
    previous = &stage;
  }
  if (databases != 1) {
    return Malformed(absl::StrCat("has ", databases, " database stages instead of one"));
  }
  return absl::OkStatus();
}

}  // namespace ingot
