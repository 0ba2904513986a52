// What a restore did, told; of restore and salvage alike.
#pragma once

#include <string>

#include "core/restore/restore.h"
#include "tools/exit_code.h"
#include "tools/report.h"

namespace ingot {

// Where the restore ended early, that the directory holds a part.
void TellInterrupted(const std::string& directory, const absl::Status& status,
                     const RestoreProgress& progress, Report& report);
void TellRestored(const std::string& directory, const RestoreSummary& summary, Report& report);
ExitCode RestoreExitCode(const RestoreSummary& summary);

}  // namespace ingot
