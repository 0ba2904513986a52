// How the vendors' own programs reach a database: server, user and password, the same for all of a
// vendor's programs.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/process.h"
#include "tools/database/dump.h"

namespace ingot::tools {

struct ClientProgram {
  io::ProcessOptions process;        // arguments can be added
  std::vector<std::string> secrets;  // not to be seen in any message
};

// pg_dump, psql. The password is in a private password file (PGPASSFILE), never in an argument or
// the environment. What else libpq takes from the environment (PGSSLMODE, PGSERVICE, ...) holds.
// InvalidArgument for a password that such a file cannot say.
absl::StatusOr<ClientProgram> PostgresqlClient(const std::string& program,
                                               const DumpRequest& request);

// mysql, mysqldump, mariadb, mariadb-dump; the database's name is not among the arguments, which go
// on with options. The password is in a private option file. Option files are read in the order
// /etc, --defaults-extra-file, ~/.my.cnf, and the last one wins: so that the password of ~/.my.cnf
// does not win over the one that was asked for, the private file includes ~/.my.cnf and the program
// gets a home without one.
absl::StatusOr<ClientProgram> MysqlClient(const std::string& program, const DumpRequest& request);

}  // namespace ingot::tools
