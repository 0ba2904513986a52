#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/database/program_dump.h"
#include "tools/preflight/database_check.h"
#include "tools/preflight/database_query.h"

namespace ingot {
namespace {

constexpr char kInstall[] =
    "install Debian's package mariadb-client (or MySQL's own mysql-client), or use --dump-command "
    "with a program of your own";
constexpr int kConnectSecondsMax = 5;
constexpr size_t kTablesNamedMax = 5;

constexpr char kQuestions[] =
    "SELECT 'server', VERSION();"
    "SELECT 'tables', COUNT(*) FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED');"
    "SELECT 'alfresco', COUNT(*) FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND LOWER(table_name) = 'alf_content_url';"
    "SELECT 'bytes', IFNULL(SUM(data_length), 0) FROM information_schema.tables"
    " WHERE table_schema = DATABASE();"
    "SELECT 'engine', CONCAT(t.table_name, ' (', IFNULL(t.engine, 'unknown'), ')')"
    " FROM information_schema.tables t"
    " LEFT JOIN information_schema.engines e ON e.engine = t.engine"
    " WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'"
    " AND IFNULL(e.transactions, 'NO') <> 'YES' ORDER BY 2";

absl::StatusOr<Answers> AskServer(const std::string& program, const tools::DumpRequest& request) {
  absl::StatusOr<tools::ClientConnection> client = tools::MysqlConnection(program, request);
  if (!client.ok()) return client.status();
  std::vector<std::string>& arguments = client->process.arguments;
  arguments.push_back("--batch");
  arguments.push_back("--skip-column-names");
  arguments.push_back(absl::StrCat("--connect-timeout=", kConnectSecondsMax));
  arguments.push_back(absl::StrCat("--execute=", kQuestions));
  arguments.push_back("--");
  arguments.push_back(request.url.database);
  return Ask(*client);
}

void CheckVersions(const std::string& program, absl::string_view version_line,
                   const Answers& answers, PreflightResult* result) {
  const absl::string_view tool = tools::MysqlToolVersion(version_line);
  const std::string server = TextOf(answers, "server");
  if (ParseVersion(tool).major == 0) return;
  const bool tool_is_mariadb = absl::StrContains(version_line, "MariaDB");
  const bool server_is_mariadb = absl::StrContains(server, "MariaDB");
  if (tool_is_mariadb != server_is_mariadb) {
    result->Warning(
        "dump-program",
        absl::StrCat(program, " ", tool, " is ", tool_is_mariadb ? "MariaDB" : "MySQL",
                     "'s, the server is ", server_is_mariadb ? "MariaDB " : "MySQL ", server),
        absl::StrCat("install the ", server_is_mariadb ? "mariadb" : "mysql",
                     "-client package, or try a restore of such a dump"));
  } else if (ParseVersion(tool) < ParseVersion(server)) {
    result->Warning("dump-program",
                    absl::StrCat(program, " ", tool, " is older than its server, ", server,
                                 ": it may not know all that there is to dump"),
                    absl::StrCat("install the client of ", FormatVersion(ParseVersion(server)),
                                 ", or use --dump-command"));
  }
}

void CheckTables(const tools::DumpRequest& request, const Answers& answers, bool alfresco,
                 PreflightResult* result) {
  const std::string place = tools::Describe(request.url);
  if (NumberOf(answers, "tables") == 0) {
    result->Error(absl::StatusCode::kInvalidArgument, "database",
                  absl::StrCat(place, " has no tables that the account may see"),
                  "name the right one (--database URL, db.url), and give the account SELECT, SHOW "
                  "VIEW, TRIGGER and LOCK TABLES");
    return;
  }
  if (alfresco && NumberOf(answers, "alfresco") == 0) {
    result->Warning("database", absl::StrCat(place, " has no table alf_content_url"),
                    "see whether it is Alfresco's database: db.url");
  }
  const auto engine = answers.find("engine");
  if (engine == answers.end()) return;
  std::vector<std::string> named = engine->second;
  const size_t count = named.size();
  if (count > kTablesNamedMax) named.resize(kTablesNamedMax);
  result->Warning(
      "engine",
      absl::StrCat("no transaction protects ", absl::StrJoin(named, ", "),
                   count > named.size() ? absl::StrCat(" and ", count - named.size(), " more") : "",
                   ": rows may change while they are dumped"),
      "ALTER TABLE ... ENGINE=InnoDB");
}

}  // namespace

PreflightResult CheckMysql(const tools::DumpRequest& request, bool alfresco, DatabaseFacts* facts) {
  PreflightResult result;
  const bool is_mariadb = request.url.vendor == tools::DatabaseVendor::kMariadb;
  const absl::StatusOr<std::string> program =
      is_mariadb ? tools::ChooseProgram({"mariadb-dump", "mysqldump"}, "")
                 : tools::ChooseProgram({"mysqldump", "mariadb-dump"}, "");
  if (!program.ok()) {
    result.Error(absl::StatusCode::kAborted, "dump-program",
                 "there is neither mysqldump nor mariadb-dump in PATH", kInstall);
    return result;
  }
  const absl::StatusOr<std::string> version = tools::VersionLine(*program);
  if (!version.ok()) {
    result.Error(version.status().code(), "dump-program", std::string(version.status().message()),
                 "");
    return result;
  }
  const absl::StatusOr<std::string> client = is_mariadb
                                                 ? tools::ChooseProgram({"mariadb", "mysql"}, "")
                                                 : tools::ChooseProgram({"mysql", "mariadb"}, "");
  if (!client.ok()) {
    result.Warning("database",
                   "there is neither mysql nor mariadb in PATH: server and tables were not looked "
                   "at",
                   kInstall);
    return result;
  }
  const absl::StatusOr<Answers> answers = AskServer(*client, request);
  if (!Answered(request, answers.status(), &result)) return result;
  facts->bytes = NumberOf(*answers, "bytes");
  CheckVersions(*program, *version, *answers, &result);
  CheckTables(request, *answers, alfresco, &result);
  return result;
}

}  // namespace ingot
