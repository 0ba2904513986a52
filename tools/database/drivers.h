// One way of dumping per kind of database; StartDump (dump.h) chooses. The same errors as there.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "tools/database/dump.h"

namespace ingot::tools {

// pg_dump, plain SQL.
absl::StatusOr<std::unique_ptr<Dump>> StartPostgresqlDump(const DumpRequest& request);

// mariadb-dump or mysqldump, in one transaction. Tables that no transaction protects are a warning.
absl::StatusOr<std::unique_ptr<Dump>> StartMysqlDump(const DumpRequest& request);

// A consistent dump of a database in use, through the library: one read transaction from the first
// byte to the last. Writers in WAL mode go on; with a rollback journal their commits wait for it.
absl::StatusOr<std::unique_ptr<Dump>> StartSqliteDump(const DumpRequest& request);

// Any command that writes to its standard output.
absl::StatusOr<std::unique_ptr<Dump>> StartCommandDump(const DumpRequest& request);

}  // namespace ingot::tools
