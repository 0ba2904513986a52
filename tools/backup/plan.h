// What a hot backup takes, as data: made from an Alfresco configuration
// (tools/alfresco/repository.h) or from the command line alone, run by backup.h.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/create/create.h"
#include "core/manifest.h"
#include "tools/database/dump.h"

namespace ingot {

struct PlannedRoot : TreeRoot {
  StageRole role = StageRole::kOther;
};

struct BackupPlan {
  std::string source;           // "alfresco" or "repository": Manifest::source
  std::string properties_file;  // absolute; of "alfresco"
  std::string index_subsystem;
  bool reindex_needed = false;
  tools::DumpRequest dump;
  std::vector<TreeRoot> index;       // absolute, followed when they are symbolic links
  std::vector<PlannedRoot> content;  // in the order in which they must be read
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
};

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

// Overlaps and collisions among all that the plan puts into the container.
absl::Status CheckPlan(const BackupPlan& plan);

}  // namespace ingot
