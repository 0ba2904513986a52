// Where a database's password comes from: never from an argument.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "tools/database/database_url.h"

namespace ingot::tools {

// The first line of `password_file` when one is named; else INGOT_DB_PASSWORD, PGPASSWORD
// (PostgreSQL) or MYSQL_PWD (MySQL, MariaDB) of the environment; else empty: the client's own files
// (~/.pgpass, ~/.my.cnf) apply. InvalidArgument when the file is missing, may not be read, is empty
// or larger than kPasswordFileBytesMax; an errno's code for what the disk does.
absl::StatusOr<std::string> FindPassword(DatabaseVendor vendor, const std::string& password_file);

inline constexpr size_t kPasswordFileBytesMax = 4096;

}  // namespace ingot::tools
