// Whether this process, on this machine, can read what it is to read.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "tools/backup/plan.h"
#include "tools/preflight/result.h"
#include "tools/preflight/source_sample.h"

namespace ingot {

inline constexpr uint64_t kOpenFilesMin = 1024;
inline constexpr absl::Duration kClockSlack = absl::Hours(1);

// Roots that cannot be opened are errors (PermissionDenied); what a sample met is a warning.
PreflightResult CheckReadable(const BackupPlan& plan, const SourceSample& sample);

// Not root, and not the owner of the content either.
PreflightResult CheckRights(const BackupPlan& plan);

// `open_files`: the hard limit.
PreflightResult CheckOpenFiles(uint64_t open_files);
uint64_t OpenFilesHardLimit();

// Roots that were changed after `now`; a time zone that is set but not known here.
PreflightResult CheckClock(const BackupPlan& plan, absl::Time now);

}  // namespace ingot
