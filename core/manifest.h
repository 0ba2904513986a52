// ingot/manifest.json: the last member of a backup, and the record of its order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/join/result.h"
#include "io/file_stat.h"

namespace ingot {

inline constexpr char kManifestMember[] = "ingot/manifest.json";
inline constexpr char kFindingsMember[] = "ingot/findings.json";
inline constexpr int kManifestVersion = 1;
// A manifest has a line for each root and each warning; more than this is not ours.
inline constexpr uint64_t kManifestBytesMax = uint64_t{16} << 20;

// In the one order that is safe.
enum class StageKind { kIndex, kDatabase, kContent };
const char* StageKindName(StageKind kind);  // "index", "database", "content"

// What a content root is to the database: content URLs count from the stores. kOtherStore is a
// directory that the server is configured to use, or that was named with --also: it may be one.
enum class StageRole { kOther, kContentStore, kDeletedContent, kOtherStore };
const char* StageRoleName(StageRole role);  // "", "contentstore", "contentstore.deleted", "store"

// One root, or the dump.
struct ManifestStage {
  std::string name;  // member path of the root or of the dump
  StageKind kind = StageKind::kContent;
  StageRole role = StageRole::kOther;
  std::string source;  // absolute path of the root; empty for a dump
  uint64_t members = 0;
  uint64_t bytes = 0;        // logical content
  uint64_t first_frame = 0;  // data frames [first_frame, end_frame) of the container
  uint64_t end_frame = 0;
  io::Timestamp started;  // wall clock
  io::Timestamp finished;
  uint64_t started_boot_ns = 0;  // CLOCK_BOOTTIME
  uint64_t finished_boot_ns = 0;
  bool operator==(const ManifestStage&) const = default;
};

struct ManifestDatabase {
  std::string vendor;  // "postgresql", "mysql", "mariadb", "sqlite", "command"
  std::string tool;    // the dump program and its version, never its arguments
  std::string member;  // "database/<name>.sql"
  bool operator==(const ManifestDatabase&) const = default;
};

// One thing that was looked at before the backup began.
enum class Severity { kNote, kWarning, kError };
const char* SeverityName(Severity severity);  // "note", "warning", "error"
struct Check {
  Severity severity = Severity::kNote;
  std::string subject;  // a stable word for scripts: "orphan-cleanup", "free-space"
  std::string text;     // one line: what was found
  std::string remedy;   // one line: what to do; may be empty for a note
  bool operator==(const Check&) const = default;
};

struct Manifest {
  int version = kManifestVersion;
  std::string tool;  // "ingot 0.1.0"
  std::string host;
  std::string source;           // "alfresco" or "repository"
  std::string properties_file;  // of "alfresco"
  std::string index_subsystem;  // of "alfresco": "solr6", "noindex", ...
  bool reindex_needed = false;  // the index was left out: search is empty after a restore
  ManifestDatabase database;
  std::vector<ManifestStage> stages;         // in the order in which they ran
  std::map<std::string, uint64_t> findings;  // how many of each kind; ingot/findings.json has them
  std::vector<Check> checks;                 // the preflight's
  std::optional<JoinResult> join;            // of the dump's rows and the content
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  bool operator==(const Manifest&) const = default;
};

// Indented JSON, a line end at its end. Strings that are not UTF-8 as in core/json.h.
std::string ManifestToJson(const Manifest& manifest);

// DataLoss for what is not a manifest. A version newer than ours is FailedPrecondition; members
// that this version does not know are ignored.
absl::StatusOr<Manifest> ParseManifest(absl::string_view json);

// Index before database before content, each stage after the one before it: by kind, by frames and
// by the boot clock. The wall clock can be set back during a run, so it is recorded but proves
// nothing. There is exactly one database stage. DataLoss names the two stages that are out of
// order.
absl::Status CheckStageOrder(const Manifest& manifest);

}  // namespace ingot
