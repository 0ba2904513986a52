#include "tools/preflight/database_check.h"

#include <sys/stat.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "io/process.h"
#include "io/status.h"
#include "tools/database/sqlite_connection.h"

namespace ingot {
namespace {

struct SqliteTables {
  int64_t all = 0;
  int64_t alfresco = 0;
};

absl::StatusOr<SqliteTables> CountTables(const std::string& path) {
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<tools::SqliteConnection> connection,
                         tools::SqliteConnection::OpenReadOnly(path));
  SqliteTables tables;
  INGOT_ASSIGN_OR_RETURN(
      tables.all,
      connection->QueryInteger("SELECT count(*) FROM sqlite_master WHERE type = 'table'"));
  INGOT_ASSIGN_OR_RETURN(
      tables.alfresco,
      connection->QueryInteger("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND "
                               "lower(name) = 'alf_content_url'"));
  return tables;
}

PreflightResult CheckCommand() {
  PreflightResult result;
  if (!io::FindProgram("bash").ok()) {
    result.Error(absl::StatusCode::kAborted, "dump-program",
                 "there is no bash in PATH, which runs --dump-command", "install bash");
    return result;
  }
  result.Note("dump-program", "--dump-command is run when the backup is made, not before");
  return result;
}

}  // namespace

PreflightResult CheckSqlite(const tools::DumpRequest& request, bool alfresco,
                            DatabaseFacts* facts) {
  PreflightResult result;
  const std::string& path = request.url.database;
  const absl::StatusOr<SqliteTables> tables = CountTables(path);
  if (!tables.ok()) {
    result.Error(tables.status().code(), "database", std::string(tables.status().message()),
                 "name the right file: --database sqlite:PATH, db.url");
    return result;
  }
  struct stat status;
  if (stat(path.c_str(), &status) == 0) facts->bytes = static_cast<uint64_t>(status.st_size);
  if (tables->all == 0) {
    result.Error(absl::StatusCode::kInvalidArgument, "database",
                 absl::StrCat("the SQLite database ", path, " has no tables"),
                 "name the right file: --database sqlite:PATH, db.url");
  } else if (alfresco && tables->alfresco == 0) {
    result.Warning("database",
                   absl::StrCat("the SQLite database ", path, " has no table alf_content_url"),
                   "see whether it is Alfresco's database: db.url");
  }
  return result;
}

bool Answered(const tools::DumpRequest& request, const absl::Status& status,
              PreflightResult* result) {
  if (status.ok()) return true;
  const std::string text = absl::StrCat(tools::Describe(request.url), ": ", status.message());
  if (absl::IsDeadlineExceeded(status)) {
    result->Warning("database", text,
                    "see to the server's load; its version and tables were not looked at");
  } else {
    result->Error(status.code(), "database", text,
                  "see to server, address, account (db.username, --db-user) and password "
                  "(--password-file)");
  }
  return false;
}

PreflightResult CheckDatabase(const tools::DumpRequest& request, bool alfresco,
                              DatabaseFacts* facts) {
  switch (request.url.vendor) {
    case tools::DatabaseVendor::kPostgresql:
      return CheckPostgresql(request, alfresco, facts);
    case tools::DatabaseVendor::kMysql:
    case tools::DatabaseVendor::kMariadb:
      return CheckMysql(request, alfresco, facts);
    case tools::DatabaseVendor::kSqlite:
      return CheckSqlite(request, alfresco, facts);
    case tools::DatabaseVendor::kCommand:
      return CheckCommand();
  }
  return {};
}

}  // namespace ingot
