#include "tools/restore/database_target.h"

#include "tools/restore/targets.h"

namespace ingot::tools {

absl::StatusOr<std::unique_ptr<DatabaseTarget>> DatabaseTarget::Open(
    const DatabaseTargetOptions& options) {
  switch (options.request.url.vendor) {
    case DatabaseVendor::kPostgresql:
      return OpenPostgresqlTarget(options);
    case DatabaseVendor::kMysql:
    case DatabaseVendor::kMariadb:
      return OpenMysqlTarget(options);
    case DatabaseVendor::kSqlite:
      return OpenSqliteTarget(options);
    case DatabaseVendor::kCommand:
      break;
  }
  return absl::InvalidArgumentError(
      "a dump that a command of yours wrote goes back through a command of yours: restore with "
      "--database none, then give it what `ingot cat FILE database/NAME.sql` writes");
}

}  // namespace ingot::tools
