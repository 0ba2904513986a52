// What a restore tells at its end.
#pragma once

#include "core/manifest.h"
#include "tools/exit_code.h"
#include "tools/report.h"
#include "tools/restore/restore_plan.h"
#include "tools/restore/restored_join.h"

namespace ingot {

inline constexpr size_t kUrlsShown = 10;

// Compares with what the backup's own join counted, too. kDone, kContentMissing or kFailed.
ExitCode TellJoin(const RestoredJoin& join, const Manifest& manifest, Report& report);

// The commands that are left to the administrator.
void TellNextSteps(const RestorePlan& plan, const Manifest& manifest, const std::string& container,
                   const std::string& after_database, Report& report);

// The worse of two: damaged, then content missing, then failed.
ExitCode WorseOf(ExitCode a, ExitCode b);

}  // namespace ingot
