// MySQL and MariaDB: mysqldump or mariadb-dump in one transaction, into a database that exists.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "io/status.h"
#include "tools/database/connection.h"
#include "tools/database/drivers.h"
#include "tools/database/program_dump.h"

namespace ingot::tools {
namespace {

constexpr char kCompletionLine[] = "-- Dump completed";
constexpr char kRemedy[] =
    "install Debian's package mariadb-client (or MySQL's own mysql-client), or use --dump-command "
    "with "
    "a program of your own";
constexpr size_t kQueryBytesMax = 4 << 20;
constexpr size_t kTablesNamedMax = 20;

// One line per table: the reason, its name, its engine. Batch mode escapes tabs and line feeds.
constexpr char kUnprotectedTablesQuery[] =
    "SELECT IF(t.table_type = 'SYSTEM VERSIONED', 'history', 'engine'), t.table_name,"
    " IFNULL(t.engine, 'unknown engine')"
    " FROM information_schema.tables t"
    " LEFT JOIN information_schema.engines e ON e.engine = t.engine"
    " WHERE t.table_schema = DATABASE()"
    " AND (t.table_type = 'SYSTEM VERSIONED'"
    " OR (t.table_type = 'BASE TABLE' AND IFNULL(e.transactions, 'NO') <> 'YES'))"
    " ORDER BY 1, 2";

std::string TableList(const std::vector<std::string>& tables) {
  if (tables.size() <= kTablesNamedMax) return absl::StrJoin(tables, ", ");
  return absl::StrCat(absl::StrJoin(tables.begin(), tables.begin() + kTablesNamedMax, ", "),
                      " and ", tables.size() - kTablesNamedMax, " more");
}

std::vector<std::string> TableWarnings(absl::string_view rows) {
  std::vector<std::string> unprotected;
  std::vector<std::string> versioned;
  for (const absl::string_view row : absl::StrSplit(rows, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> fields = absl::StrSplit(row, '\t');
    if (fields.size() != 3) continue;
    if (fields[0] == "history") {
      versioned.emplace_back(fields[1]);
    } else {
      unprotected.push_back(absl::StrCat(fields[1], " (", fields[2], ")"));
    }
  }
  std::vector<std::string> warnings;
  if (!unprotected.empty()) {
    warnings.push_back(absl::StrCat(
        "no transaction protects these tables, which may have changed during the dump: ",
        TableList(unprotected)));
  }
  if (!versioned.empty()) {
    warnings.push_back(
        absl::StrCat("the dump has the current rows, not the history, of: ", TableList(versioned)));
  }
  return warnings;
}

// Tables that --single-transaction does not cover. Not to know is a warning, too.
absl::StatusOr<std::vector<std::string>> CheckTables(const DumpRequest& request, bool is_mariadb) {
  constexpr char kUnchecked[] = "could not check whether a transaction protects all tables: ";
  const absl::StatusOr<std::string> client = is_mariadb
                                                 ? ChooseProgram({"mariadb", "mysql"}, kRemedy)
                                                 : ChooseProgram({"mysql", "mariadb"}, kRemedy);
  if (!client.ok()) {
    return std::vector<std::string>{
        absl::StrCat(kUnchecked, "neither mariadb nor mysql is in PATH")};
  }
  INGOT_ASSIGN_OR_RETURN(ClientConnection connection, MysqlConnection(*client, request));
  io::ProcessOptions& process = connection.process;
  for (const absl::string_view argument :
       {"--batch", "--skip-column-names", "--connect-timeout=10"})
    process.arguments.emplace_back(argument);
  process.arguments.push_back(absl::StrCat("--execute=", kUnprotectedTablesQuery));
  process.arguments.push_back("--");
  process.arguments.push_back(request.url.database);
  process.silence_max = kAnswerSilenceMax;
  const auto result = io::RunAndCapture(process, kQueryBytesMax);
  if (absl::IsCancelled(result.status())) return result.status();
  if (!result.ok())
    return std::vector<std::string>{absl::StrCat(kUnchecked, result.status().message())};
  const auto& [exit, rows] = *result;
  if (!exit.ok()) {
    return std::vector<std::string>{absl::StrCat(kUnchecked, *client, " failed with ",
                                                 exit.Describe(),
                                                 ErrorLines(exit.error_tail, connection.secrets))};
  }
  return TableWarnings(rows);
}

std::vector<std::string> DumpArguments(absl::string_view version_line) {
  // Some are defaults; they are named because option files may say otherwise.
  std::vector<std::string> arguments = {"--opt",
                                        "--single-transaction",
                                        "--quick",
                                        "--routines",
                                        "--triggers",
                                        "--events",
                                        "--hex-blob",
                                        "--comments",
                                        "--skip-databases",  // no USE: it may go to another one
                                        "--skip-all-databases",
                                        "--skip-no-data",
                                        "--skip-no-create-info",
                                        "--no-tablespaces",  // they would need a global privilege
                                        "--max-allowed-packet=1G"};
  if (!absl::StrContains(version_line, "MariaDB") && !version_line.empty()) {
    // MySQL's own: a dump of one database must not set the server's GTIDs, and older servers
    // have no column statistics.
    arguments.push_back("--set-gtid-purged=OFF");
    arguments.push_back("--loose-column-statistics=0");
  }
  return arguments;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dump>> StartMysqlDump(const DumpRequest& request) {
  const bool is_mariadb = request.url.vendor == DatabaseVendor::kMariadb;
  ProgramDumpOptions options;
  options.vendor = request.url.vendor;
  INGOT_ASSIGN_OR_RETURN(options.program,
                         is_mariadb ? ChooseProgram({"mariadb-dump", "mysqldump"}, kRemedy)
                                    : ChooseProgram({"mysqldump", "mariadb-dump"}, kRemedy));
  INGOT_ASSIGN_OR_RETURN(const std::string version, VersionLine(options.program));
  const absl::string_view number = MysqlToolVersion(version);
  options.tool = absl::StrCat(options.program, number.empty() ? "" : " ", number);
  options.remedy = kRemedy;
  INGOT_ASSIGN_OR_RETURN(options.warnings, CheckTables(request, is_mariadb));
  INGOT_ASSIGN_OR_RETURN(ClientConnection connection, MysqlConnection(options.program, request));
  options.process = std::move(connection.process);
  options.secrets = std::move(connection.secrets);
  for (std::string& argument : DumpArguments(version))
    options.process.arguments.push_back(std::move(argument));
  options.process.arguments.push_back("--");
  options.process.arguments.push_back(request.url.database);
  options.process.silence_max = request.silence_max;
  options.is_complete = [](absl::string_view tail) {
    return absl::StartsWith(LastLine(tail), kCompletionLine);
  };
  options.completion_line = kCompletionLine;
  return StartProgramDump(std::move(options));
}

}  // namespace ingot::tools
