// Which database to dump, as a URL on the command line names it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ingot::tools {

enum class DatabaseVendor { kPostgresql, kMysql, kMariadb, kSqlite, kCommand };
// "postgresql", "mysql", "mariadb", "sqlite", "command": as in the manifest.
const char* VendorName(DatabaseVendor vendor);

struct DatabaseUrl {
  DatabaseVendor vendor = DatabaseVendor::kPostgresql;
  std::string user;  // empty: the client's own default
  std::string host;  // empty: the local socket; "/...": the socket's directory (PostgreSQL) or file
  uint16_t port = 0;     // 0: the client's default. MySQL and MariaDB: with a port it is TCP always
  std::string database;  // SQLite: the path of the file
};

// postgresql://[user@]host[:port]/db (or postgres://), mysql://..., mariadb://..., sqlite:PATH.
// user, host and db are percent-decoded, an IPv6 address stands in brackets; PATH is taken as it
// is. InvalidArgument otherwise, and for a password in the URL; no message repeats a part of the
// URL that may hold one.
absl::StatusOr<DatabaseUrl> ParseDatabaseUrl(absl::string_view url);

// The URL again, for people and the manifest. There is no secret in it.
std::string Describe(const DatabaseUrl& url);

}  // namespace ingot::tools
