#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tools/database/program_dump.h"
#include "tools/preflight/database_check.h"
#include "tools/preflight/database_query.h"

namespace ingot {
namespace {

constexpr char kInstall[] =
    "install Debian's package postgresql-client, or use --dump-command with a program of your own";
constexpr int kConnectSecondsMax = 5;
constexpr int kFirstMajorAlone = 10;  // before it the major version was made of two numbers
constexpr size_t kRolesMax = 20;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

// Every answer is one line; what could hold a line feed is cleaned by the server.
std::string Questions(const std::string& schema) {
  const std::string where = schema.empty()
                                ? "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
                                : absl::StrCat("n.nspname = ", Quoted(schema));
  const std::string tables = absl::StrCat(
      " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
      " WHERE c.relkind IN ('r', 'p') AND ",
      where);
  return absl::StrCat(
      "SELECT 'server', current_setting('server_version')"
      " UNION ALL SELECT 'bytes', pg_database_size(current_database())::text"
      " UNION ALL SELECT 'tables', count(*)::text",
      tables, " UNION ALL SELECT 'alfresco', count(*)::text", tables,
      " AND c.relname = 'alf_content_url'"
      " UNION ALL (SELECT 'forbidden', quote_ident(n.nspname) || '.' || quote_ident(c.relname)",
      tables,
      " AND NOT has_table_privilege(c.oid, 'SELECT') ORDER BY 2 LIMIT 3)"
      " UNION ALL (SELECT DISTINCT 'role'::text, translate(pg_get_userbyid(c.relowner), E'\\n\\t', "
      "'  ')",
      tables, " ORDER BY 2 LIMIT ", kRolesMax, ")");
}

absl::StatusOr<Answers> AskServer(const tools::DumpRequest& request) {
  absl::StatusOr<tools::ClientConnection> client = tools::PostgresqlConnection("psql", request);
  if (!client.ok()) return client.status();
  client->process.environment.emplace_back("PGCONNECT_TIMEOUT", absl::StrCat(kConnectSecondsMax));
  for (const absl::string_view argument : {"--no-psqlrc", "--quiet", "--no-align", "--tuples-only",
                                           "--field-separator=\t", "--set=ON_ERROR_STOP=1"}) {
    client->process.arguments.emplace_back(argument);
  }
  // In a transaction, so that a pooler does not hand the settings on to the next client.
  for (const std::string& statement :
       {std::string("BEGIN TRANSACTION READ ONLY"),
        absl::StrCat("SET LOCAL statement_timeout = ", kConnectSecondsMax * 1000),
        Questions(request.schema), std::string("ROLLBACK")}) {
    client->process.arguments.push_back(absl::StrCat("--command=", statement));
  }
  client->process.arguments.push_back(
      absl::StrCat("--dbname=", tools::PostgresqlDatabase(request.url.database)));
  return Ask(*client);
}

// pg_dump refuses servers of a newer major version.
bool IsOlder(const Version& tool, const Version& server) {
  if (tool.major != server.major) return tool.major < server.major;
  return server.major < kFirstMajorAlone && tool.minor < server.minor;
}

void CheckVersions(absl::string_view version_line, const Answers& answers,
                   PreflightResult* result) {
  const absl::string_view tool = tools::PostgresqlToolVersion(version_line);
  const std::string server = TextOf(answers, "server");
  if (ParseVersion(tool).major == 0 || !IsOlder(ParseVersion(tool), ParseVersion(server))) return;
  result->Error(absl::StatusCode::kAborted, "dump-program",
                absl::StrCat("pg_dump ", tool, " is older than its server, PostgreSQL ", server,
                             ", and would refuse it"),
                absl::StrCat("install postgresql-client-", ParseVersion(server).major,
                             " and put it first in PATH, or use --dump-command"));
}

void CheckTables(const tools::DumpRequest& request, const Answers& answers, bool alfresco,
                 PreflightResult* result) {
  const std::string place =
      absl::StrCat(tools::Describe(request.url),
                   request.schema.empty() ? "" : absl::StrCat(", schema ", request.schema));
  if (NumberOf(answers, "tables") == 0) {
    result->Error(absl::StatusCode::kInvalidArgument, "database",
                  absl::StrCat(place, " has no tables"),
                  "name the right one: --database URL, db.url, db.schema.name");
    return;
  }
  if (alfresco && NumberOf(answers, "alfresco") == 0) {
    result->Warning("database", absl::StrCat(place, " has no table alf_content_url"),
                    "see whether it is Alfresco's database: db.url, db.schema.name");
  }
  const auto forbidden = answers.find("forbidden");
  if (forbidden == answers.end()) return;
  result->Error(absl::StatusCode::kAborted, "database",
                absl::StrCat("the account may not read ", absl::StrJoin(forbidden->second, ", ")),
                "give it SELECT on all tables, or another account with --db-user");
}

void TellRoles(const Answers& answers, PreflightResult* result) {
  const auto roles = answers.find("role");
  if (roles == answers.end()) return;
  result->Note("roles",
               absl::StrCat("a dump holds no roles; the tables belong to: ",
                            absl::StrJoin(roles->second, ", ")),
               "keep the output of 'pg_dumpall --roles-only', or make them again before a restore");
}

}  // namespace

PreflightResult CheckPostgresql(const tools::DumpRequest& request, bool alfresco,
                                DatabaseFacts* facts) {
  PreflightResult result;
  if (!io::FindProgram("pg_dump").ok()) {
    result.Error(absl::StatusCode::kAborted, "dump-program", "there is no pg_dump in PATH",
                 kInstall);
    return result;
  }
  const absl::StatusOr<std::string> version = tools::VersionLine("pg_dump");
  if (!version.ok()) {
    result.Error(version.status().code(), "dump-program", std::string(version.status().message()),
                 "");
    return result;
  }
  if (!io::FindProgram("psql").ok()) {
    result.Warning("database", "there is no psql in PATH: server and tables were not looked at",
                   kInstall);
    return result;
  }
  const absl::StatusOr<Answers> answers = AskServer(request);
  if (!Answered(request, answers.status(), &result)) return result;
  facts->bytes = NumberOf(*answers, "bytes");
  CheckVersions(*version, *answers, &result);
  CheckTables(request, *answers, alfresco, &result);
  TellRoles(*answers, &result);
  return result;
}

}  // namespace ingot
