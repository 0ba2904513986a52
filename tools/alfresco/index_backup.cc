#include "tools/alfresco/index_backup.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/directory.h"
#include "io/status.h"
#include "tools/backup/plan.h"

namespace ingot {
namespace {

constexpr char kRemedy[] =
    "set the directory with --solr-backup-dir DIR, or leave the index out with --index none "
    "(search "
    "must then be rebuilt after a restore)";
constexpr const char* kCores[] = {"alfresco", "archive"};

struct Subsystem {
  const char* name;
  const char* directory;  // in dir.root; null: there are no files
};
constexpr Subsystem kSubsystems[] = {
    {"solr", "solrBackup"}, {"solr4", "solr4Backup"},   {"solr6", "solr6Backup"},
    {"noindex", nullptr},   {"elasticsearch", nullptr},
};

bool IsDirectory(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
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
    if (IsDirectory(absl::StrCat(dir_root, "/", subsystem.directory))) found.push_back(&subsystem);
  }
  if (found.size() == 1) return found[0];
  return absl::InvalidArgumentError(absl::StrCat(
      "index.subsystem.name is not set, and ", dir_root, " holds ",
      found.empty() ? "no" : "more than one",
      " index backup: give --set index.subsystem.name=NAME (solr, solr4, solr6, noindex, "
      "elasticsearch), or leave the index out with --index none"));
}

absl::StatusOr<size_t> CountEntries(const std::string& path) {
  INGOT_ASSIGN_OR_RETURN(const io::Fd directory, io::OpenDirectory(AT_FDCWD, path, true));
  INGOT_ASSIGN_OR_RETURN(const io::DirectoryNames names, io::ReadDirectory(directory.get()));
  return names.size();
}

// Names end in the time of their making, yyyyMMddHHmmssSSS, so the newest sorts last.
absl::StatusOr<std::string> NewestSnapshot(const IndexCore& core,
                                           std::vector<std::string>* warnings) {
  INGOT_ASSIGN_OR_RETURN(const io::Fd directory, io::OpenDirectory(AT_FDCWD, core.directory, true));
  INGOT_ASSIGN_OR_RETURN(const io::DirectoryNames names, io::ReadDirectory(directory.get()));
  std::vector<std::string> snapshots;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!absl::StartsWith(names[i], "snapshot.")) continue;
    const std::string name(names[i]);
    if (IsDirectory(absl::StrCat(core.directory, "/", name))) snapshots.push_back(name);
  }
  std::sort(snapshots.begin(), snapshots.end(), std::greater<std::string>());
  for (const std::string& snapshot : snapshots) {
    const std::string path = absl::StrCat(core.directory, "/", snapshot);
    INGOT_ASSIGN_OR_RETURN(const size_t entries, CountEntries(path));
    if (entries > 0) return snapshot;
    warnings->push_back(absl::StrCat(path, " is empty: an older snapshot is looked for"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      core.property, ": ", core.directory,
      " holds no snapshot of the index; let Solr's backup job make one, or ", kRemedy));
}

}  // namespace

absl::StatusOr<IndexBackup> FindIndexBackup(AlfrescoSettings settings, const std::string& dir_root,
                                            absl::string_view base, bool none) {
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
  for (const char* name : kCores) {
    IndexCore core;
    core.property = absl::StrCat("solr.backup.", name, ".remoteBackupLocation");
    settings.SetDefault(core.property,
                        absl::StrCat("${dir.root}/", subsystem->directory, "/", name));
    INGOT_ASSIGN_OR_RETURN(core.directory, settings.Path(core.property, base));
    INGOT_RETURN_IF_ERROR(CheckDirectory(core.directory, core.property, kRemedy));
    INGOT_ASSIGN_OR_RETURN(core.snapshot, NewestSnapshot(core, &result.warnings));
    result.cores.push_back(std::move(core));
  }
  return result;
}

}  // namespace ingot
