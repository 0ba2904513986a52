// One target per vendor; DatabaseTarget::Open chooses.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "tools/restore/database_target.h"

namespace ingot::tools {

absl::StatusOr<std::unique_ptr<DatabaseTarget>> OpenPostgresqlTarget(
    const DatabaseTargetOptions& options);
absl::StatusOr<std::unique_ptr<DatabaseTarget>> OpenMysqlTarget(
    const DatabaseTargetOptions& options);
absl::StatusOr<std::unique_ptr<DatabaseTarget>> OpenSqliteTarget(
    const DatabaseTargetOptions& options);

}  // namespace ingot::tools
