// What a hot backup does once it may start: index, database, content, join, manifest.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "core/create/create.h"
#include "core/manifest.h"
#include "tools/backup/plan.h"
#include "tools/exit_code.h"
#include "tools/progress.h"
#include "tools/report.h"
#include "tools/schedule/window.h"

namespace ingot {

struct BackupOptions {
  CreateOptions create;
  ProgressMode progress = ProgressMode::kAuto;
  bool perf = false;  // tell at the end where the time went
  WindowMode window = WindowMode::kRun;
};

// Publishes the container, or nothing. No content root is opened before the dump program has ended
// well and its output was found whole. `checks`: the preflight's, for the manifest.
//
// Unavailable when an index job ran before the index was copied. kContentMissing when a row of the
// dump refers to content that is not there; kIncomplete for findings, but content that changes or
// vanishes while it is read is a note, unless a row refers to it.
absl::StatusOr<ExitCode> RunBackup(BackupPlan plan, const BackupOptions& options,
                                   const std::vector<Check>& checks, Report& report);

}  // namespace ingot
