#include "tools/database/client.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tools/database/program_dump.h"

namespace ingot::tools {
namespace {

constexpr char kNoHome[] = "/nonexistent";

std::string EscapeForPassFile(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {":", "\\:"}});
}

// As a connection string, so that a name with '=' in it is not taken for one.
std::string ConnectionString(absl::string_view database) {
  return absl::StrCat("dbname='", absl::StrReplaceAll(database, {{"\\", "\\\\"}, {"'", "\\'"}}),
                      "'");
}

// The inside of a value in double quotes.
std::string EscapeForOptionFile(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}, {"\r", "\\r"}, {"\t", "\\t"}});
}

std::string OptionFile(const std::string& password) {
  std::string file;
  const char* home = std::getenv("HOME");
  const std::string own = absl::StrCat(home == nullptr ? "" : home, "/.my.cnf");
  const bool is_line = own.find('\n') == std::string::npos;
  if (home != nullptr && is_line && access(own.c_str(), R_OK) == 0)
    absl::StrAppend(&file, "!include ", own, "\n");
  absl::StrAppend(&file, "[client]\npassword=\"", EscapeForOptionFile(password), "\"\n");
  return file;
}

}  // namespace

absl::StatusOr<ClientProgram> PostgresqlClient(const std::string& program,
                                               const DumpRequest& request) {
  if (request.password.find_first_of("\n\r\0", 0, 3) != std::string::npos) {
    return absl::InvalidArgumentError(
        "the database password holds a line break or a NUL byte, which PostgreSQL's password file "
        "cannot say");
  }
  ClientProgram client;
  std::vector<std::string>& arguments = client.process.arguments;
  arguments = {program, "--no-password"};
  const DatabaseUrl& url = request.url;
  if (!url.host.empty()) arguments.push_back(absl::StrCat("--host=", url.host));
  if (url.port != 0) arguments.push_back(absl::StrCat("--port=", url.port));
  if (!url.user.empty()) arguments.push_back(absl::StrCat("--username=", url.user));
  arguments.push_back(absl::StrCat("--dbname=", ConnectionString(url.database)));
  if (!request.password.empty()) {
    client.process.unset_environment = PasswordVariables();
    client.process.secret_files = {
        absl::StrCat("*:*:*:*:", EscapeForPassFile(request.password), "\n")};
    client.process.environment = {{"PGPASSFILE", "{secret:0}"}};
    client.secrets = {request.password, EscapeForPassFile(request.password)};
  }
  return client;
}

absl::StatusOr<ClientProgram> MysqlClient(const std::string& program, const DumpRequest& request) {
  if (absl::StrContains(request.password, '\0'))
    return absl::InvalidArgumentError("the database password holds a NUL byte");
  ClientProgram client;
  io::ProcessOptions& process = client.process;
  process.arguments = {program};
  if (!request.password.empty()) {
    process.arguments.push_back("--defaults-extra-file={secret:0}");  // must be the first
    process.secret_files = {OptionFile(request.password)};
    process.environment = {{"HOME", kNoHome}};
    process.unset_environment = PasswordVariables();
    client.secrets = {request.password, EscapeForOptionFile(request.password)};
  }
  const DatabaseUrl& url = request.url;
  if (absl::StartsWith(url.host, "/")) {
    process.arguments.push_back(absl::StrCat("--socket=", url.host));
  } else {
    process.arguments.push_back(absl::StrCat("--host=", url.host.empty() ? "localhost" : url.host));
  }
  if (url.port != 0 && !url.host.empty()) {
    process.arguments.push_back(absl::StrCat("--port=", url.port));
    process.arguments.push_back("--protocol=TCP");  // or "localhost" means the socket
  }
  if (!url.user.empty()) process.arguments.push_back(absl::StrCat("--user=", url.user));
  process.arguments.push_back("--default-character-set=utf8mb4");
  return client;
}

}  // namespace ingot::tools
