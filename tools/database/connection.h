// How a client program of a database server is told server, user and password: the same for the
// dump program, the query tool and whatever else comes with the vendor's client.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/process.h"
#include "tools/database/dump.h"

namespace ingot::tools {

// The password is in a private file, never in an argument or the environment.
struct ClientConnection {
  // {program, options of the connection}: the caller appends what is to be done, and the database.
  io::ProcessOptions process;
  std::vector<std::string> secrets;  // for ErrorLines (program_dump.h)
};

// pg_dump, psql, ...: InvalidArgument for a password that a password file cannot say. What libpq
// takes from the environment (PGSSLMODE, PGSERVICE, ...) holds. The database is appended as
// "--dbname=" + PostgresqlDatabase(name).
absl::StatusOr<ClientConnection> PostgresqlConnection(const std::string& program,
                                                      const DumpRequest& request);
// A connection string, so that a name with '=' in it is not taken for one.
std::string PostgresqlDatabase(absl::string_view database);

// mysqldump, mariadb, ...: the database is appended after "--". Option files are read in the order
// /etc, --defaults-extra-file, ~/.my.cnf, and the last one wins: so that the password of ~/.my.cnf
// does not win over the one that was asked for, the private file includes ~/.my.cnf and the program
// gets a home without one. InvalidArgument for a password with a NUL byte.
absl::StatusOr<ClientConnection> MysqlConnection(const std::string& program,
                                                 const DumpRequest& request);

// "10.11.19-MariaDB" of "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu",
// of "mariadb-dump from 11.4.2-MariaDB, client 10.19 for ..." and "8.0.36" of "mysqldump  Ver
// 8.0.36 for Linux on x86_64"; empty when there is none.
absl::string_view MysqlToolVersion(absl::string_view version_line);
// "15.18" of "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"; empty when there is none.
absl::string_view PostgresqlToolVersion(absl::string_view version_line);

}  // namespace ingot::tools
