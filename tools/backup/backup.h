// The hot backup: index, database, content, manifest, in this order and no other.
#pragma once

#include "absl/status/statusor.h"
#include "core/create/create.h"
#include "tools/backup/plan.h"
#include "tools/exit_code.h"
#include "tools/progress.h"
#include "tools/report.h"

namespace ingot {

// Publishes the container, or nothing. No content root is opened before the dump program has ended
// well and its output was found whole. Content that changes or vanishes while it is read is a note;
// other findings make kIncomplete.
absl::StatusOr<ExitCode> RunBackup(const BackupPlan& plan, const CreateOptions& options,
                                   ProgressMode progress, Report& report);

}  // namespace ingot
