// Where the search index's backups lie, by the configured subsystem, and which of them to take.
//
// In a backup the locations are found first (they are configuration), and the snapshots are chosen
// when the index stage begins: after waiting for a window, and after Solr has been asked for one.
//
//   IndexBackup index = FindIndexLocations(...);      // when planning
//   IndexWatch watch = IndexWatch::Begin(IndexDirectories(index));
//   ChooseSnapshots(&index);                          // the newest whole ones
//   CheckNothingIsWritten(index);                     // Unavailable: a job is at it
//   ... copy them ...
//   watch.Check();                                    // and after the copy
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/manifest.h"
#include "tools/alfresco/settings.h"

namespace ingot {

// A snapshot that is not whole and was changed within this time is being written.
inline constexpr absl::Duration kBeingWrittenAge = absl::Minutes(2);

struct IndexCore {
  std::string name;           // "alfresco"
  std::string property;       // "solr.backup.alfresco.remoteBackupLocation"
  std::string location;       // its value, as Solr's host sees it
  std::string directory;      // the same, absolute, here
  std::string snapshot;       // the newest whole one's name: "snapshot.20260102020000123"
  bool proved = false;        // it is whole by Lucene's own lists and footers
  std::string being_written;  // path of a newer one that is being written or deleted
};

struct IndexBackup {
  std::string subsystem;         // "solr", "solr4", "solr6", "noindex", "elasticsearch"
  std::vector<IndexCore> cores;  // empty where there are no files to take
  bool reindex_needed = false;
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  std::vector<Check> checks;  // [sharded-solr], [index-location]: for the preflight
};

// The locations, without a look at what is in them. InvalidArgument, with the remedy, for an
// unknown subsystem and a missing location. Without index.subsystem.name the subsystem is the one
// whose backup directory lies in `dir_root`. With `none` nothing is looked for.
absl::StatusOr<IndexBackup> FindIndexLocations(AlfrescoSettings settings,
                                               const std::string& dir_root, absl::string_view base,
                                               bool none);

// For each core the newest snapshot that is whole (tools/solr/snapshot.h). Those that are not are
// passed over with a warning. Where there is none InvalidArgument, with the remedy, or Unavailable
// when one is being written. May be called
// again: what an earlier call found is forgotten.
absl::Status ChooseSnapshots(IndexBackup* index);

// Unavailable (try later) when a snapshot was being written or deleted while they were chosen.
absl::Status CheckNothingIsWritten(const IndexBackup& index);

// Each core's backup location, for IndexWatch.
std::vector<std::string> IndexDirectories(const IndexBackup& index);

// FindIndexLocations and ChooseSnapshots.
absl::StatusOr<IndexBackup> FindIndexBackup(AlfrescoSettings settings, const std::string& dir_root,
                                            absl::string_view base, bool none);

}  // namespace ingot
