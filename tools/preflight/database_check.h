// Whether the database can be dumped: the dump program, the server, the account, the tables.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "tools/database/dump.h"
#include "tools/preflight/result.h"

namespace ingot {

// How long the server may take for all questions together; they are cheap ones.
inline constexpr int kDatabaseSecondsMax = 10;

struct DatabaseFacts {
  std::optional<uint64_t> bytes;  // of the database as it is stored; its dump is of that order
};

// Asks through the vendor's client (psql, mariadb, mysql) or SQLite's library; the dump program is
// looked for, not run. With `alfresco` Alfresco's tables are expected. Errors are Aborted, or
// InvalidArgument for a database or schema that has no tables at all.
PreflightResult CheckDatabase(const tools::DumpRequest& request, bool alfresco,
                              DatabaseFacts* facts);

// Whether a server has answered (database_query.h); tells why not. One that is only slow is a
// warning: a dump asks for less.
bool Answered(const tools::DumpRequest& request, const absl::Status& status,
              PreflightResult* result);

// For the pieces of it.
PreflightResult CheckPostgresql(const tools::DumpRequest& request, bool alfresco,
                                DatabaseFacts* facts);
PreflightResult CheckMysql(const tools::DumpRequest& request, bool alfresco, DatabaseFacts* facts);
PreflightResult CheckSqlite(const tools::DumpRequest& request, bool alfresco, DatabaseFacts* facts);

}  // namespace ingot
