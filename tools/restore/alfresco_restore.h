// A hot backup of Alfresco back into its place.
//
//   check     the targets are empty and nobody uses them; the dump is no program   nothing is
//   touched index     snapshots under their backup location content   stores, then what else was
//   taken database  the dump, through its vendor's tool, in one transaction where there is one join
//   the rows of the restored database against the restored files
//
// The database comes last because it is what makes a repository: files without rows are harmless
// orphans, rows without files are lost documents. Whatever fails before leaves the database empty,
// so that no server can take the half for the whole, and the same command with --force goes on.
#pragma once

#include "absl/status/statusor.h"
#include "tools/exit_code.h"
#include "tools/report.h"
#include "tools/restore/restore_request.h"

namespace ingot {

// InvalidArgument, before anything is written, for a target that is not empty or in use (unless
// `force`) and for what is missing; DataLoss for a damaged container and for a dump that would do
// more than a dump does. kContentMissing when the join fails.
absl::StatusOr<ExitCode> RunAlfrescoRestore(const AlfrescoRestoreRequest& request, Report& report);

}  // namespace ingot
