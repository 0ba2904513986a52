// PostgreSQL: pg_dump, plain SQL, into a database that exists and is empty.
//
// The password is in a private password file (PGPASSFILE), never in an argument or the environment.
// What else libpq takes from the environment (PGSSLMODE, PGSERVICE, ...) holds for pg_dump too.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "io/status.h"
#include "tools/database/drivers.h"
#include "tools/database/program_dump.h"

namespace ingot::tools {
namespace {

constexpr char kCompletionLine[] = "-- PostgreSQL database dump complete";
constexpr char kRemedy[] =
    "install Debian's package postgresql-client, or use --dump-command with a program of your own";

// Newer releases write "\unrestrict KEY" after the line. Data cannot pass for it: nothing else may
// follow.
bool IsComplete(absl::string_view tail) {
  bool complete = false;
  for (absl::string_view line : absl::StrSplit(tail, '\n')) {
    if (line == kCompletionLine) {
      complete = true;
    } else if (!line.empty() && line != "--" && !absl::StartsWith(line, "\\unrestrict ")) {
      complete = false;
    }
  }
  return complete;
}

// "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" -> "pg_dump 15.18"
std::string ToolName(absl::string_view version_line) {
  const std::vector<absl::string_view> words = absl::StrSplit(version_line, ' ', absl::SkipEmpty());
  if (words.size() < 3 || words[1] != "(PostgreSQL)") return "pg_dump";
  return absl::StrCat("pg_dump ", words[2]);
}

std::string EscapeForPassFile(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {":", "\\:"}});
}

// As a connection string, so that a name with '=' in it is not taken for one.
std::string ConnectionString(absl::string_view database) {
  return absl::StrCat("dbname='", absl::StrReplaceAll(database, {{"\\", "\\\\"}, {"'", "\\'"}}),
                      "'");
}

// Quoted, a name is no pattern.
std::string SchemaPattern(absl::string_view schema) {
  return absl::StrCat("\"", absl::StrReplaceAll(schema, {{"\"", "\"\""}}), "\"");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dump>> StartPostgresqlDump(const DumpRequest& request) {
  if (request.password.find_first_of("\n\r\0", 0, 3) != std::string::npos) {
    return absl::InvalidArgumentError(
        "the database password holds a line break or a NUL byte, which PostgreSQL's password file "
        "cannot say");
  }
  ProgramDumpOptions options;
  options.vendor = DatabaseVendor::kPostgresql;
  INGOT_ASSIGN_OR_RETURN(options.program, ChooseProgram({"pg_dump"}, kRemedy));
  INGOT_ASSIGN_OR_RETURN(const std::string version, VersionLine(options.program));
  options.tool = ToolName(version);
  options.remedy = kRemedy;
  std::vector<std::string>& arguments = options.process.arguments;
  arguments = {options.program, "--no-password", "--format=plain"};
  const DatabaseUrl& url = request.url;
  if (!url.host.empty()) arguments.push_back(absl::StrCat("--host=", url.host));
  if (url.port != 0) arguments.push_back(absl::StrCat("--port=", url.port));
  if (!url.user.empty()) arguments.push_back(absl::StrCat("--username=", url.user));
  if (!request.schema.empty()) {
    arguments.push_back(absl::StrCat("--schema=", SchemaPattern(request.schema)));
    arguments.push_back("--strict-names");
    arguments.push_back("--blobs");  // large objects are in no schema
  }
  arguments.push_back(absl::StrCat("--dbname=", ConnectionString(url.database)));
  if (!request.password.empty()) {
    options.process.unset_environment = PasswordVariables();
    options.process.secret_files = {
        absl::StrCat("*:*:*:*:", EscapeForPassFile(request.password), "\n")};
    options.process.environment = {{"PGPASSFILE", "{secret:0}"}};
    options.secrets = {request.password, EscapeForPassFile(request.password)};
  }
  options.is_complete = IsComplete;
  options.completion_line = kCompletionLine;
  return StartProgramDump(std::move(options));
}

}  // namespace ingot::tools
