// PostgreSQL: pg_dump, plain SQL, into a database that exists and is empty.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "io/status.h"
#include "tools/database/connection.h"
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

// Quoted, a name is no pattern.
std::string SchemaPattern(absl::string_view schema) {
  return absl::StrCat("\"", absl::StrReplaceAll(schema, {{"\"", "\"\""}}), "\"");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dump>> StartPostgresqlDump(const DumpRequest& request) {
  ProgramDumpOptions options;
  options.vendor = DatabaseVendor::kPostgresql;
  INGOT_ASSIGN_OR_RETURN(options.program, ChooseProgram({"pg_dump"}, kRemedy));
  INGOT_ASSIGN_OR_RETURN(const std::string version, VersionLine(options.program));
  const absl::string_view number = PostgresqlToolVersion(version);
  options.tool = absl::StrCat("pg_dump", number.empty() ? "" : " ", number);
  options.remedy = kRemedy;
  INGOT_ASSIGN_OR_RETURN(ClientConnection connection,
                         PostgresqlConnection(options.program, request));
  options.process = std::move(connection.process);
  options.secrets = std::move(connection.secrets);
  std::vector<std::string>& arguments = options.process.arguments;
  arguments.push_back("--format=plain");
  if (!request.schema.empty()) {
    arguments.push_back(absl::StrCat("--schema=", SchemaPattern(request.schema)));
    arguments.push_back("--strict-names");
    arguments.push_back("--blobs");  // large objects are in no schema
  }
  arguments.push_back(absl::StrCat("--dbname=", PostgresqlDatabase(request.url.database)));
  options.process.silence_max = request.silence_max;
  options.is_complete = IsComplete;
  options.completion_line = kCompletionLine;
  return StartProgramDump(std::move(options));
}

}  // namespace ingot::tools
