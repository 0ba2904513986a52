// Where the parts of a backup go: from what its manifest says and what the properties say now,
// which need not be what they said then.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/manifest.h"
#include "tools/database/dump.h"
#include "tools/restore/restore_request.h"

namespace ingot {

struct RestoreTree {
  StageKind kind = StageKind::kContent;
  StageRole role = StageRole::kOther;
  std::string member;
  std::string directory;  // absolute
  std::string reason;     // "dir.contentstore", "--place", ...: begins messages
};

struct RestorePlan {
  std::vector<RestoreTree> trees;  // in the order of the backup's stages
  // Roots that lay elsewhere and that no property names: configuration taken with --also; and
  // single files. They are not put over what is there now.
  std::vector<ManifestStage> left_out;
  std::string lock_directory;  // dir.root
  std::string dump_member;
  std::optional<tools::DumpRequest> database;  // none with --database none
  std::vector<std::string> warnings;
};

// Content stores go to dir.contentstore, dir.contentstore.tenants and dir.contentstore.deleted;
// index snapshots to solr.backup.<core>.remoteBackupLocation; the keystore to dir.keystore; what
// else lay in dir.root to the same place in today's dir.root. A --place wins. InvalidArgument names
// property, member and remedy when one has no place or two have the same, and when the database is
// of another vendor than the dump.
absl::StatusOr<RestorePlan> PlanRestore(const Manifest& manifest,
                                        const AlfrescoRestoreRequest& request);

}  // namespace ingot
