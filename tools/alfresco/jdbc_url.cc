#include "tools/alfresco/jdbc_url.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "io/status.h"

namespace ingot {
namespace {

using tools::DatabaseVendor;

constexpr uint16_t kPostgresqlPort = 5432;
constexpr uint16_t kMysqlPort = 3306;
constexpr uint32_t kPortMax = 65535;

absl::Status Unusable(absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("db.url ", why, ": name the database with --database URL"));
}

absl::StatusOr<std::string> PercentDecode(absl::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at]);
      continue;
    }
    if (at + 2 >= text.size() || !absl::ascii_isxdigit(text[at + 1]) ||
        !absl::ascii_isxdigit(text[at + 2])) {
      return Unusable("has a % without two hexadecimal digits");
    }
    out += absl::HexStringToBytes(text.substr(at + 1, 2));
    at += 2;
  }
  if (out.find('\0') != std::string::npos) return Unusable("holds a NUL");
  return out;
}

absl::Status ParseHost(absl::string_view authority, tools::DatabaseUrl* url) {
  if (authority.find(',') != absl::string_view::npos) return Unusable("names more than one host");
  if (absl::StrContains(authority, "@") || absl::StrContains(authority, "(")) {
    return Unusable("has more than host and port before the database");
  }
  absl::string_view host = authority;
  absl::string_view port;
  if (absl::StartsWith(authority, "[")) {
    const size_t close = authority.find(']');
    if (close == absl::string_view::npos) return Unusable("has a [ without its ]");
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && !absl::ConsumePrefix(&port, ":")) return Unusable("has a wrong port");
  } else if (const size_t colon = authority.find(':'); colon != absl::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  url->host = host.empty() ? "localhost" : std::string(host);
  if (port.empty()) return absl::OkStatus();
  uint32_t number = 0;
  if (!absl::SimpleAtoi(port, &number) || number == 0 || number > kPortMax) {
    return Unusable("has a wrong port");
  }
  url->port = static_cast<uint16_t>(number);
  return absl::OkStatus();
}

absl::Status ParseParameters(absl::string_view query, JdbcUrl* result) {
  for (absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parameter =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (parameter.first == "user") {
      INGOT_ASSIGN_OR_RETURN(result->url.user, PercentDecode(parameter.second));
    } else if (parameter.first == "password") {
      INGOT_ASSIGN_OR_RETURN(result->password, PercentDecode(parameter.second));
    } else {
      result->parameters.emplace_back(parameter.first);
    }
  }
  return absl::OkStatus();
}

// What follows "jdbc:<vendor>:".
absl::StatusOr<JdbcUrl> ParseServerUrl(DatabaseVendor vendor, absl::string_view rest) {
  JdbcUrl result;
  result.url.vendor = vendor;
  result.url.host = "localhost";
  result.url.port = vendor == DatabaseVendor::kPostgresql ? kPostgresqlPort : kMysqlPort;
  if (const size_t question = rest.find('?'); question != absl::string_view::npos) {
    INGOT_RETURN_IF_ERROR(ParseParameters(rest.substr(question + 1), &result));
    rest = rest.substr(0, question);
  }
  if (absl::ConsumePrefix(&rest, "//")) {
    const size_t slash = rest.find('/');
    INGOT_RETURN_IF_ERROR(ParseHost(rest.substr(0, slash), &result.url));
    rest = slash == absl::string_view::npos ? "" : rest.substr(slash + 1);
  } else if (vendor == DatabaseVendor::kPostgresql) {
    absl::ConsumePrefix(&rest, "/");  // jdbc:postgresql:database, jdbc:postgresql:/
  } else {
    return Unusable("is of a form that is not jdbc:mysql://host[:port]/database");
  }
  INGOT_ASSIGN_OR_RETURN(result.url.database, PercentDecode(rest));
  return result;
}

absl::StatusOr<JdbcUrl> ParseSqliteUrl(absl::string_view rest) {
  JdbcUrl result;
  result.url.vendor = DatabaseVendor::kSqlite;
  rest = rest.substr(0, rest.find('?'));
  absl::ConsumePrefix(&rest, "file:");
  if (rest.empty() || rest == ":memory:") return Unusable("names no file");
  result.url.database = std::string(rest);
  return result;
}

}  // namespace

absl::StatusOr<JdbcUrl> ParseJdbcUrl(absl::string_view url) {
  url = absl::StripAsciiWhitespace(url);
  if (!absl::ConsumePrefix(&url, "jdbc:")) return Unusable("is no JDBC URL");
  if (absl::ConsumePrefix(&url, "postgresql:")) {
    return ParseServerUrl(DatabaseVendor::kPostgresql, url);
  }
  if (absl::ConsumePrefix(&url, "mysql:")) return ParseServerUrl(DatabaseVendor::kMysql, url);
  if (absl::ConsumePrefix(&url, "mariadb:")) return ParseServerUrl(DatabaseVendor::kMariadb, url);
  if (absl::ConsumePrefix(&url, "sqlite:")) return ParseSqliteUrl(url);
  // The vendor's name, unless this is no such thing.
  const absl::string_view vendor = url.substr(0, url.find(':'));
  bool plain = !vendor.empty() && vendor.size() < url.size();
  for (char c : vendor) plain = plain && absl::ascii_isalnum(c);
  return absl::InvalidArgumentError(absl::StrCat(
      "db.url is jdbc:", plain ? vendor : "...",
      ": ingot has no driver for this database: dump it with --dump-command 'COMMAND' (its output "
      "becomes the dump) and --dump-expect TEXT"));
}

}  // namespace ingot
