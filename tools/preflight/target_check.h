// Where the container is to be written.
#pragma once

#include <string>

#include "tools/backup/plan.h"
#include "tools/preflight/result.h"

namespace ingot {

// The directory that the file `output` gets its name in, absolute and without symbolic links;
// InvalidArgument when it does not exist.
absl::StatusOr<std::string> TargetDirectory(const std::string& output);

// That it can be written to (errors), lies outside of what is backed up (warning) and on another
// file system (note). `output` names a file.
PreflightResult CheckTarget(const BackupPlan& plan, const std::string& output);

}  // namespace ingot
