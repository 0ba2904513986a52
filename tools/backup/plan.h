// What a hot backup takes, as data: made from an Alfresco configuration
// (tools/alfresco/repository.h) or from the command line alone, run by backup.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/create/create.h"
#include "core/manifest.h"
#include "tools/alfresco/index_backup.h"
#include "tools/database/dump.h"
#include "tools/schedule/schedule_flags.h"
#include "tools/solr/replication.h"

namespace ingot {

inline constexpr char kRunAsRemedy[] = "run as root or as the server's own user";

struct PlannedRoot : TreeRoot {
  StageRole role = StageRole::kOther;
};

// What may have to be taken, and cannot be looked at: a finding of the content.
struct UnreadableRoot {
  std::string path;  // of the member that it would be
  std::string why;
};

struct BackupPlan {
  std::string source;           // "alfresco" or "repository": Manifest::source
  std::string properties_file;  // absolute; of "alfresco"
  std::string lock_directory;   // dir.root, or the first content root: one run at a time
  std::string index_subsystem;
  bool reindex_needed = false;
  tools::DumpRequest dump;
  // Of "alfresco": where the cores' snapshots lie, their directories as roots (one for each core),
  // the jobs that write them, and what Solr is to be asked for before they are taken.
  IndexBackup index_backup;
  std::vector<TreeRoot> index_directories;
  std::vector<IndexJobText> index_jobs;
  std::optional<SolrRequest> solr;
  std::vector<TreeRoot> index;  // what is taken; absolute, followed when they are symbolic links
  std::vector<PlannedRoot> content;  // in the order in which they must be read
  std::vector<UnreadableRoot> unreadable;
  std::vector<Check> checks;
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
};

// Makes the newest whole snapshot of each core what is taken. Errors as ChooseSnapshots. May be
// called again: after waiting, and after Solr has made a new one.
absl::Status ChooseIndexRoots(BackupPlan* plan);

// The form without Alfresco: `backup --database URL --content DIR... [--index DIR...] [--also
// PATH...]`.
struct RepositoryRequest {
  tools::DumpRequest dump;
  std::vector<std::string> content;
  std::vector<std::string> index;
  std::vector<std::string> also;
};
// InvalidArgument naming path and flag for what does not exist, is no directory, overlaps or
// collides.
absl::StatusOr<BackupPlan> PlanRepository(const RepositoryRequest& request);

// A root named by the last part of its path. InvalidArgument when there is none ("/") or it is
// missing or, with directory_only, no directory; `what` ("--content", "dir.contentstore") begins
// the message.
absl::StatusOr<TreeRoot> RootByLastPart(const std::string& absolute_path, absl::string_view what,
                                        bool directory_only);

// InvalidArgument unless `path` is a directory, or cannot be reached; `what` begins the message,
// `remedy` (may be empty) ends it.
absl::Status CheckDirectory(const std::string& path, absl::string_view what,
                            absl::string_view remedy);

// InvalidArgument: of a symbolic link whose target is not there.
absl::Status LinkToNothing(absl::string_view path);

// Overlaps and collisions among all that the plan puts into the container.
absl::Status CheckPlan(const BackupPlan& plan);

}  // namespace ingot
