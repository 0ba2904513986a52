// MySQL and MariaDB: their client, in binary mode, in which it knows no commands of its own but
// DELIMITER and CHARSET, and never sends a file of this machine.
//
// CREATE TABLE ends a transaction there, so what fails in the middle leaves a part behind.
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "io/status.h"
#include "tools/database/connection.h"
#include "tools/database/program_dump.h"
#include "tools/restore/client_query.h"
#include "tools/restore/mysql_guard.h"
#include "tools/restore/targets.h"

namespace ingot::tools {
namespace {

constexpr char kRemedy[] = "install Debian's package mariadb-client (or MySQL's own mysql-client)";
constexpr char kTablesQuery[] =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
// Where the server's own default is a mode in which strings are read in another way, or one of its
// combinations.
constexpr char kPlainMode[] =
    "SET SESSION sql_mode = IF(@@sql_mode REGEXP 'ANSI|ESCAPES|ORACLE|MSSQL|DB2|MAXDB|POSTGRESQL',"
    " '', @@sql_mode)";
constexpr char kConnectionsQuery[] =
    "SELECT count(*) FROM information_schema.processlist"
    " WHERE db = DATABASE() AND id <> CONNECTION_ID()";

std::string Name(absl::string_view name) {
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

class MysqlTarget : public DatabaseTarget {
 public:
  MysqlTarget(const DatabaseTargetOptions& options, ClientConnection client)
      : options_(options), client_(std::move(client)) {}

  absl::StatusOr<DatabaseUse> Look() override {
    DatabaseUse use;
    absl::StatusOr<std::vector<Fields>> tables = Rows(Query(kTablesQuery));
    if (absl::IsFailedPrecondition(tables.status())) {
      return CannotBeUsed(options_.request.url, tables.status(), CreateDatabase());
    }
    if (!tables.ok()) return Annotate(tables.status(), Describe(options_.request.url));
    use.tables = tables->size();
    if (!tables->empty()) use.table = tables->front()[0];
    // Without the privilege PROCESS only our own user's are seen: the server's, as a rule.
    INGOT_ASSIGN_OR_RETURN(const std::vector<Fields> connections, Rows(Query(kConnectionsQuery)));
    if (connections.size() != 1 || !absl::SimpleAtoi(connections[0][0], &use.connections)) {
      return absl::FailedPreconditionError("the client does not count the connections");
    }
    return use;
  }

  absl::Status Inspect(const DumpBytes& dump) override {
    MysqlGuard guard(options_.request.url.database);
    INGOT_RETURN_IF_ERROR(
        dump([&guard](absl::Span<const char> bytes) { return guard.Feed(bytes); }));
    return guard.Finish();
  }

  bool ReplacesTables() const override { return true; }  // DROP TABLE IF EXISTS

  absl::Status Feed(const DumpBytes& dump) override {
    ClientConnection client = client_;
    std::vector<std::string>& arguments = client.process.arguments;
    arguments.insert(arguments.end(), {"--binary-mode", "--local-infile=0", "--loose-sandbox",
                                       "--max-allowed-packet=1G", "--skip-force",
                                       absl::StrCat("--init-command=", kPlainMode)});
    AddDatabase(&client);
    const std::string name = Describe(options_.request.url);
    const std::string remedy =
        absl::StrCat(" a part now: DROP DATABASE ", Name(options_.request.url.database), "; ",
                     CreateDatabase(), "; and restore again with --force");
    return FeedClient(
        client, Query("DO 0"), FeedLimits(), dump,
        {absl::StrCat(name, " holds", remedy), absl::StrCat(name, " may hold", remedy)},
        [](absl::Span<const char> bytes, std::string* out) {
          out->append(bytes.data(), bytes.size());
          return absl::OkStatus();
        },
        [](std::string* out) {
          out->append("\nDELIMITER ;\n");
          return absl::OkStatus();
        });
  }

  absl::StatusOr<ContentRows> ReadContentRows(
      absl::FunctionRef<absl::Status(const ReferencedUrl&)> visit) override {
    INGOT_ASSIGN_OR_RETURN(const std::vector<Fields> rows, Rows(Query(kTablesQuery)));
    std::vector<std::string> tables;
    for (const Fields& row : rows) tables.push_back(row[0]);
    return ReadContentRowsBy(
        tables,
        [this](const std::string& sql, absl::FunctionRef<absl::Status(const Fields&)> row) {
          return ForEachRow(Query(sql), row);
        },
        visit);
  }

 private:
  std::string CreateDatabase() const {
    return absl::StrCat("CREATE DATABASE ", Name(options_.request.url.database),
                        " CHARACTER SET utf8mb4");
  }

  void AddDatabase(ClientConnection* client) const {
    client->process.arguments.push_back("--");
    client->process.arguments.push_back(options_.request.url.database);
  }

  ClientConnection Query(const std::string& sql) const {
    ClientConnection client = client_;
    client.process.arguments.push_back(absl::StrCat("--execute=", sql));
    AddDatabase(&client);
    return client;
  }

  const DatabaseTargetOptions options_;
  const ClientConnection client_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DatabaseTarget>> OpenMysqlTarget(
    const DatabaseTargetOptions& options) {
  const bool is_mariadb = options.request.url.vendor == DatabaseVendor::kMariadb;
  const absl::StatusOr<std::string> program = is_mariadb
                                                  ? ChooseProgram({"mariadb", "mysql"}, kRemedy)
                                                  : ChooseProgram({"mysql", "mariadb"}, kRemedy);
  if (!program.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("neither mariadb nor mysql, the client, can be run from PATH; ", kRemedy));
  }
  INGOT_ASSIGN_OR_RETURN(ClientConnection client, MysqlConnection(*program, options.request));
  std::vector<std::string>& arguments = client.process.arguments;
  arguments.insert(arguments.end(),
                   {"--batch", "--quick", "--skip-column-names", "--connect-timeout=10"});
  return std::make_unique<MysqlTarget>(options, std::move(client));
}

}  // namespace ingot::tools
