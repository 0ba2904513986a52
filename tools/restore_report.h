// What a restore did, told; of restore and salvage alike.
#pragma once

#include <string>

#include "core/restore/restore.h"
#include "tools/exit_code.h"
#include "tools/report.h"

namespace ingot {

void TellRestored(const std::string& directory, const RestoreSummary& summary, Report& report);
ExitCode RestoreExitCode(const RestoreSummary& summary);

}  // namespace ingot
