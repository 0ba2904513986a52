#include "tools/database/connection.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tools/database/program_dump.h"

namespace ingot::tools {
namespace {

constexpr char kNoHome[] = "/nonexistent";

std::string EscapeForPassFile(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {":", "\\:"}});
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

absl::StatusOr<ClientConnection> PostgresqlConnection(const std::string& program,
                                                      const DumpRequest& request) {
  if (request.password.find_first_of("\n\r\0", 0, 3) != std::string::npos) {
    return absl::InvalidArgumentError(
        "the database password holds a line break or a NUL byte, which PostgreSQL's password file "
        "cannot say");
  }
  ClientConnection connection;
  io::ProcessOptions& process = connection.process;
  process.arguments = {program, "--no-password"};
  const DatabaseUrl& url = request.url;
  if (!url.host.empty()) process.arguments.push_back(absl::StrCat("--host=", url.host));
  if (url.port != 0) process.arguments.push_back(absl::StrCat("--port=", url.port));
  if (!url.user.empty()) process.arguments.push_back(absl::StrCat("--username=", url.user));
  process.unset_environment = PasswordVariables();
  if (request.password.empty()) {
    std::erase(process.unset_environment, "PGPASSWORD");  // one of the client's own means
  } else {
    process.secret_files = {absl::StrCat("*:*:*:*:", EscapeForPassFile(request.password), "\n")};
    process.environment = {{"PGPASSFILE", "{secret:0}"}};
    connection.secrets = {request.password, EscapeForPassFile(request.password)};
  }
  return connection;
}

std::string PostgresqlDatabase(absl::string_view database) {
  return absl::StrCat("dbname='", absl::StrReplaceAll(database, {{"\\", "\\\\"}, {"'", "\\'"}}),
                      "'");
}

absl::StatusOr<ClientConnection> MysqlConnection(const std::string& program,
                                                 const DumpRequest& request) {
  if (absl::StrContains(request.password, '\0'))
    return absl::InvalidArgumentError("the database password holds a NUL byte");
  ClientConnection connection;
  io::ProcessOptions& process = connection.process;
  process.arguments = {program};
  process.unset_environment = PasswordVariables();
  if (request.password.empty()) {
    std::erase(process.unset_environment, "MYSQL_PWD");  // one of the client's own means
  } else {
    process.arguments.push_back("--defaults-extra-file={secret:0}");  // must be the first
    process.secret_files = {OptionFile(request.password)};
    process.environment = {{"HOME", kNoHome}};
    connection.secrets = {request.password, EscapeForOptionFile(request.password)};
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
  return connection;
}

absl::string_view MysqlToolVersion(absl::string_view version_line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(version_line, absl::ByAnyChar(" ,"), absl::SkipEmpty());
  for (const absl::string_view mark : {"Distrib", "from", "Ver"})
    for (size_t i = 1; i + 1 < words.size(); ++i)
      if (words[i] == mark) return words[i + 1];
  return "";
}

absl::string_view PostgresqlToolVersion(absl::string_view version_line) {
  const std::vector<absl::string_view> words = absl::StrSplit(version_line, ' ', absl::SkipEmpty());
  return words.size() < 3 || words[1] != "(PostgreSQL)" ? "" : words[2];
}

}  // namespace ingot::tools
