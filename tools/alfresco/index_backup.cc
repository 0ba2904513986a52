#include "tools/alfresco/index_backup.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "io/clock.h"
#include "io/directory.h"
#include "io/file_stat.h"
#include "io/status.h"
#include "tools/backup/plan.h"
#include "tools/solr/snapshot.h"

namespace ingot {
namespace {

constexpr char kRemedy[] =
    "set the directory with --solr-backup-dir DIR, or leave the index out with --index none "
    "(search must then be rebuilt after a restore)";
constexpr const char* kCores[] = {"alfresco", "archive"};

struct Subsystem {
  const char* name;
  const char* directory;  // in dir.root; null: there are no files
};
constexpr Subsystem kSubsystems[] = {
    {"solr", "solrBackup"}, {"solr4", "solr4Backup"},   {"solr6", "solr6Backup"},
    {"noindex", nullptr},   {"elasticsearch", nullptr},
};

absl::StatusOr<bool> IsDirectory(const std::string& path) {
  const absl::StatusOr<io::FileStat> stat = io::StatPath(path);
  if (absl::IsNotFound(stat.status())) return false;
  INGOT_RETURN_IF_ERROR(stat.status());
  return stat->IsDirectory();
}

absl::StatusOr<const Subsystem*> FindSubsystem(const std::string& name) {
  for (const Subsystem& subsystem : kSubsystems) {
    if (name == subsystem.name) return &subsystem;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "index.subsystem.name=", name,
      " is none of solr, solr4, solr6, noindex, elasticsearch: give the right one with "
      "--set index.subsystem.name=NAME, or --index none"));
}

// By the only backup directory that there is.
absl::StatusOr<const Subsystem*> GuessSubsystem(const std::string& dir_root) {
  std::vector<const Subsystem*> found;
  for (const Subsystem& subsystem : kSubsystems) {
    if (subsystem.directory == nullptr) continue;
    INGOT_ASSIGN_OR_RETURN(const bool is_there,
                           IsDirectory(absl::StrCat(dir_root, "/", subsystem.directory)));
    if (is_there) found.push_back(&subsystem);
  }
  if (found.size() == 1) return found[0];
  return absl::InvalidArgumentError(absl::StrCat(
      "index.subsystem.name is not set, and ", dir_root, " holds ",
      found.empty() ? "no" : "more than one",
      " index backup: give --set index.subsystem.name=NAME (solr, solr4, solr6, noindex, "
      "elasticsearch), or leave the index out with --index none"));
}

// Once for each core that has several parts: a backup of one part is none of the index.
void CheckShards(const AlfrescoSettings& settings, IndexBackup* index) {
  std::string found;
  const absl::StatusOr<std::string> dynamic = settings.GetWord("solr.useDynamicShardRegistration");
  if (dynamic.ok() && absl::EqualsIgnoreCase(*dynamic, "true")) {
    found = "solr.useDynamicShardRegistration=true";
  }
  for (const char* mapping : {"solrMappingAlfresco", "solrMappingArchive"}) {
    const std::string property =
        absl::StrCat(index->subsystem, ".store.mappings.value.", mapping, ".numShards");
    const absl::StatusOr<std::string> value = settings.GetWord(property);
    int shards = 0;
    if (found.empty() && value.ok() && absl::SimpleAtoi(*value, &shards) && shards > 1) {
      found = absl::StrCat(property, "=", shards);
    }
  }
  if (found.empty()) return;
  index->checks.push_back(
      {Severity::kWarning, "sharded-solr",
       absl::StrCat(found,
                    ": search may be sharded; Alfresco's backup job leaves shards out, and "
                    "the snapshots need not hold the whole index"),
       "take each shard's own snapshots with --also, or leave the index out with --index none and "
       "rebuild search after a restore"});
}

// "alfresco-0", "alfresco-1": directories of shards beside the core's.
void CheckShardDirectories(const IndexCore& core, IndexBackup* index) {
  const size_t slash = core.directory.rfind('/');
  const std::string parent = core.directory.substr(0, slash);
  const std::string own = core.directory.substr(slash + 1);
  const absl::StatusOr<io::DirectoryNames> names =
      io::ReadDirectoryPath(parent.empty() ? "/" : parent);
  if (!names.ok()) {
    Check check = {
        absl::IsPermissionDenied(names.status()) ? Severity::kNote : Severity::kWarning,
        "sharded-solr",
        absl::StrCat(names.status().message(), ": whether there are shards in it is not known"),
        "see for yourself, and take them with --also"};
    const bool told = std::any_of(index->checks.begin(), index->checks.end(),
                                  [&](const Check& other) { return other.text == check.text; });
    if (!told) index->checks.push_back(std::move(check));
    return;
  }
  for (size_t i = 0; i < names->size(); ++i) {
    absl::string_view rest = (*names)[i];
    const bool is_shard = absl::ConsumePrefix(&rest, own) && rest.size() > 1 &&
                          (rest[0] == '-' || rest[0] == '_') &&
                          std::all_of(rest.begin() + 1, rest.end(), absl::ascii_isdigit);
    if (!is_shard) continue;
    index->checks.push_back({Severity::kWarning, "sharded-solr",
                             absl::StrCat(parent, "/", (*names)[i], " is beside ", core.directory,
                                          ": it looks like a shard's, which is not taken"),
                             absl::StrCat("take it with --also ", parent, "/", (*names)[i],
                                          ", or leave the index out with --index none")});
    return;
  }
}

// What explains that a location is not there.
std::string WhyMissing(const AlfrescoSettings& settings, const Subsystem& subsystem,
                       const std::string& dir_root) {
  const absl::StatusOr<std::string> host = settings.GetWord("solr.host");
  if (host.ok() && !host->empty() && *host != "localhost" && *host != "127.0.0.1" &&
      *host != "::1" && *host != io::HostName()) {
    return absl::StrCat("solr.host is ", *host,
                        ": where search runs on another host, mount its backup directory here; ");
  }
  for (const Subsystem& other : kSubsystems) {
    if (other.directory == nullptr || other.name == subsystem.name) continue;
    if (IsDirectory(absl::StrCat(dir_root, "/", other.directory)).value_or(false)) {
      return absl::StrCat("there is a ", dir_root, "/", other.directory, ", which belongs to ",
                          other.name, ": is index.subsystem.name=", subsystem.name, " right? ");
    }
  }
  return "";
}

// "${dir.root}/solr4Backup/..." with index.subsystem.name=solr6.
void CheckLocation(const IndexCore& core, const Subsystem& subsystem, IndexBackup* index) {
  for (const Subsystem& other : kSubsystems) {
    if (other.directory == nullptr || &other == &subsystem) continue;
    if (!absl::StrContains(absl::StrCat(core.directory, "/"),
                           absl::StrCat("/", other.directory, "/"))) {
      continue;
    }
    index->checks.push_back(
        {Severity::kWarning, "index-location",
         absl::StrCat(core.property, "=", core.directory, " looks like a backup of ", other.name,
                      ", but index.subsystem.name=", subsystem.name),
         "correct the one or the other: an index of another subsystem cannot be restored"});
  }
}

bool IsRecent(io::Timestamp time) {
  const io::Timestamp now = io::WallClock();
  return time.seconds > now.seconds - absl::ToInt64Seconds(kBeingWrittenAge);
}

// The newest that is whole.
absl::Status ChooseSnapshot(IndexCore* core, std::vector<std::string>* warnings) {
  core->snapshot.clear();
  core->being_written.clear();
  core->proved = false;
  INGOT_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListSnapshots(core->directory));
  for (const std::string& name : names) {
    const std::string path = absl::StrCat(core->directory, "/", name);
    const absl::StatusOr<SnapshotState> state = InspectSnapshot(path);
    if (absl::IsNotFound(state.status())) {
      warnings->push_back(absl::StrCat(path, " was deleted while it was looked at"));
      core->being_written = path;
      continue;
    }
    INGOT_RETURN_IF_ERROR(state.status());
    if (!state->incomplete.empty()) {
      warnings->push_back(absl::StrCat(path, " is not a whole snapshot: ", state->incomplete,
                                       "; an older one is looked for"));
      if (IsRecent(state->newest_mtime)) core->being_written = path;
      continue;
    }
    core->snapshot = name;
    core->proved = state->proved;
    if (!state->proved) {
      warnings->push_back(absl::StrCat(
          path,
          " is of a Lucene whose files do not tell whether they are whole: only that they "
          "are there was checked"));
    }
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(core->property, ": ", core->directory, " holds no snapshot of the index",
                   names.empty() ? "" : " that is whole",
                   "; let Solr's backup job make one (or --solr-backup), or ", kRemedy));
}

}  // namespace

absl::StatusOr<IndexBackup> FindIndexLocations(AlfrescoSettings settings,
                                               const std::string& dir_root, absl::string_view base,
                                               bool none) {
  IndexBackup result;
  INGOT_ASSIGN_OR_RETURN(result.subsystem, settings.GetWord("index.subsystem.name"));
  if (none) {
    result.reindex_needed = true;
    result.notes.push_back("the index is left out: search must be rebuilt after a restore");
    return result;
  }
  const Subsystem* subsystem = nullptr;
  if (result.subsystem.empty()) {
    INGOT_ASSIGN_OR_RETURN(subsystem, GuessSubsystem(dir_root));
    result.subsystem = subsystem->name;
    result.notes.push_back(absl::StrCat("index.subsystem.name is not set: taken for ",
                                        subsystem->name, ", as there is a ", subsystem->directory));
  } else {
    INGOT_ASSIGN_OR_RETURN(subsystem, FindSubsystem(result.subsystem));
  }
  if (subsystem->directory == nullptr) {
    result.reindex_needed = result.subsystem == "elasticsearch";
    result.notes.push_back(absl::StrCat("index.subsystem.name=", result.subsystem,
                                        ": there are no index files to take"));
    return result;
  }
  CheckShards(settings, &result);
  const std::string remedy = absl::StrCat(WhyMissing(settings, *subsystem, dir_root), kRemedy);
  for (const char* name : kCores) {
    IndexCore core;
    core.name = name;
    core.property = absl::StrCat("solr.backup.", name, ".remoteBackupLocation");
    settings.SetDefault(core.property,
                        absl::StrCat("${dir.root}/", subsystem->directory, "/", name));
    INGOT_ASSIGN_OR_RETURN(core.directory, settings.Path(core.property, base));
    core.location = core.directory;
    INGOT_RETURN_IF_ERROR(CheckDirectory(core.directory, core.property, remedy));
    CheckLocation(core, *subsystem, &result);
    CheckShardDirectories(core, &result);
    result.cores.push_back(std::move(core));
  }
  return result;
}

absl::Status ChooseSnapshots(IndexBackup* index) {
  std::vector<std::string> warnings;
  for (IndexCore& core : index->cores) {
    const absl::Status chosen = ChooseSnapshot(&core, &warnings);
    // The first backup of all, or the only one that is kept: soon there will be one.
    if (absl::IsInvalidArgument(chosen)) INGOT_RETURN_IF_ERROR(CheckNothingIsWritten(*index));
    INGOT_RETURN_IF_ERROR(chosen);
  }
  index->warnings = std::move(warnings);
  return absl::OkStatus();
}

absl::Status CheckNothingIsWritten(const IndexBackup& index) {
  for (const IndexCore& core : index.cores) {
    if (core.being_written.empty()) continue;
    return absl::UnavailableError(
        absl::StrCat(core.being_written,
                     " is being written or deleted: an index backup is running; try again "
                     "when it has ended"));
  }
  return absl::OkStatus();
}

std::vector<std::string> IndexDirectories(const IndexBackup& index) {
  std::vector<std::string> directories;
  for (const IndexCore& core : index.cores) directories.push_back(core.directory);
  return directories;
}

absl::StatusOr<IndexBackup> FindIndexBackup(AlfrescoSettings settings, const std::string& dir_root,
                                            absl::string_view base, bool none) {
  INGOT_ASSIGN_OR_RETURN(IndexBackup index,
                         FindIndexLocations(std::move(settings), dir_root, base, none));
  INGOT_RETURN_IF_ERROR(ChooseSnapshots(&index));
  return index;
}

}  // namespace ingot
