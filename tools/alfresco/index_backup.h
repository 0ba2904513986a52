// Where the search index's backups lie, by the configured subsystem.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/alfresco/settings.h"

namespace ingot {

struct IndexCore {
  std::string property;   // "solr.backup.alfresco.remoteBackupLocation"
  std::string directory;  // its value, absolute
  std::string snapshot;   // the newest one's name: "snapshot.20260102020000123"
};

struct IndexBackup {
  std::string subsystem;         // "solr", "solr4", "solr6", "noindex", "elasticsearch"
  std::vector<IndexCore> cores;  // empty where there are no files to take
  bool reindex_needed = false;
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
};

// For each core the newest snapshot.* directory that is not empty. InvalidArgument, with the
// remedy, for an unknown subsystem, a missing location and one without a snapshot. Without
// index.subsystem.name the subsystem is the one whose backup directory lies in `dir_root`. With
// `none` nothing is looked for.
absl::StatusOr<IndexBackup> FindIndexBackup(AlfrescoSettings settings, const std::string& dir_root,
                                            absl::string_view base, bool none);

}  // namespace ingot
