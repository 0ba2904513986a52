#include "tools/database/database_url.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr char kForms[] =
    "postgresql://[user@]host[:port]/db, mysql://..., mariadb://... or sqlite:PATH";
constexpr char kPasswordSources[] =
    "a password does not belong in the database URL, where every user of the machine can read it: "
    "give it in the environment (INGOT_DB_PASSWORD, or PGPASSWORD or MYSQL_PWD) or with "
    "--password-file FILE";

// The URL itself is never repeated: it may hold a password in a place where we do not expect one.
absl::Status Invalid(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("database URL: ", what));
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

absl::StatusOr<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const std::optional<int> high = i + 2 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
      const std::optional<int> low = i + 2 < text.size() ? HexDigit(text[i + 2]) : std::nullopt;
      if (!high || !low) return Invalid("'%' is not followed by two hexadecimal digits");
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (c == '\0') return Invalid("it holds a NUL byte");
    decoded += c;
  }
  return decoded;
}

std::string PercentEncode(absl::string_view text, absl::string_view also_kept) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool kept = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      absl::StrContains("-._~", c) || absl::StrContains(also_kept, c);
    if (kept) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[static_cast<unsigned char>(c) >> 4];
      encoded += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return encoded;
}

// "host", "host:port", "[address]:port" or nothing.
absl::Status ParseHostAndPort(absl::string_view text, DatabaseUrl* url) {
  absl::string_view host = text;
  absl::string_view port;
  bool has_port = false;
  if (absl::StartsWith(text, "[")) {
    const size_t end = text.find(']');
    if (end == absl::string_view::npos) return Invalid("'[' without ']'");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    has_port = absl::ConsumePrefix(&port, ":");
    if (host.empty() || (!has_port && !port.empty())) return Invalid("cannot tell host from port");
  } else if (const size_t colon = text.find(':'); colon != absl::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
    if (absl::StrContains(port, ':')) return Invalid("an IPv6 address stands in brackets: [::1]");
  }
  if (has_port) {
    uint32_t number = 0;
    const bool digits = port.find_first_not_of("0123456789") == absl::string_view::npos;
    if (!digits || !absl::SimpleAtoi(port, &number) || number == 0 || number > UINT16_MAX)
      return Invalid("the port is no number from 1 to 65535");
    url->port = static_cast<uint16_t>(number);
  }
  INGOT_ASSIGN_OR_RETURN(url->host, PercentDecode(host));
  return absl::OkStatus();
}

absl::StatusOr<DatabaseUrl> ParseServerUrl(DatabaseVendor vendor, absl::string_view rest) {
  DatabaseUrl url;
  url.vendor = vendor;
  const size_t slash = rest.find('/');
  absl::string_view authority = rest.substr(0, slash);
  if (const size_t at = authority.rfind('@'); at != absl::string_view::npos) {
    const absl::string_view user = authority.substr(0, at);
    if (absl::StrContains(user, ':')) return Invalid(kPasswordSources);
    INGOT_ASSIGN_OR_RETURN(url.user, PercentDecode(user));
    authority.remove_prefix(at + 1);
  }
  if (absl::StrContains(rest, '?')) {
    return Invalid(
        "parameters after '?' are not understood; the client's own settings apply (PGSSLMODE and "
        "the "
        "like in the environment, /etc/mysql, ~/.my.cnf)");
  }
  INGOT_RETURN_IF_ERROR(ParseHostAndPort(authority, &url));
  const absl::string_view database = slash == absl::string_view::npos ? "" : rest.substr(slash + 1);
  if (database.empty()) return Invalid(absl::StrCat("it names no database; write ", kForms));
  if (absl::StrContains(database, '/'))
    return Invalid("the database's name holds a '/'; write %2F if that is meant");
  INGOT_ASSIGN_OR_RETURN(url.database, PercentDecode(database));
  return url;
}

absl::StatusOr<DatabaseUrl> ParseSqliteUrl(absl::string_view path) {
  if (path.empty()) return Invalid("sqlite: needs the path of a file");
  if (absl::StartsWith(path, "//") && !absl::StartsWith(path, "///"))
    return Invalid("write sqlite:PATH, without slashes of its own");
  if (absl::StrContains(path, '\0')) return Invalid("it holds a NUL byte");
  DatabaseUrl url;
  url.vendor = DatabaseVendor::kSqlite;
  url.database = std::string(path);
  return url;
}

}  // namespace

const char* VendorName(DatabaseVendor vendor) {
  switch (vendor) {
    case DatabaseVendor::kPostgresql:
      return "postgresql";
    case DatabaseVendor::kMysql:
      return "mysql";
    case DatabaseVendor::kMariadb:
      return "mariadb";
    case DatabaseVendor::kSqlite:
      return "sqlite";
    case DatabaseVendor::kCommand:
      return "command";
  }
  return "unknown";
}

absl::StatusOr<DatabaseUrl> ParseDatabaseUrl(absl::string_view url) {
  const size_t colon = url.find(':');
  const std::string scheme =
      absl::AsciiStrToLower(url.substr(0, colon == absl::string_view::npos ? 0 : colon));
  absl::string_view rest = url.substr(scheme.empty() ? url.size() : colon + 1);
  if (scheme == "sqlite") return ParseSqliteUrl(rest);
  const bool has_slashes = absl::ConsumePrefix(&rest, "//");
  if (has_slashes && (scheme == "postgresql" || scheme == "postgres"))
    return ParseServerUrl(DatabaseVendor::kPostgresql, rest);
  if (has_slashes && scheme == "mysql") return ParseServerUrl(DatabaseVendor::kMysql, rest);
  if (has_slashes && scheme == "mariadb") return ParseServerUrl(DatabaseVendor::kMariadb, rest);
  return Invalid(
      absl::StrCat("write ", kForms, "; for any other database there is --dump-command"));
}

std::string Describe(const DatabaseUrl& url) {
  if (url.vendor == DatabaseVendor::kCommand) return "command";
  if (url.vendor == DatabaseVendor::kSqlite) return absl::StrCat("sqlite:", url.database);
  std::string text = absl::StrCat(VendorName(url.vendor), "://");
  if (!url.user.empty()) absl::StrAppend(&text, PercentEncode(url.user, ""), "@");
  if (absl::StrContains(url.host, ':')) {
    absl::StrAppend(&text, "[", PercentEncode(url.host, ":"), "]");
  } else {
    absl::StrAppend(&text, PercentEncode(url.host, ""));
  }
  if (url.port != 0) absl::StrAppend(&text, ":", url.port);
  absl::StrAppend(&text, "/", PercentEncode(url.database, ""));
  return text;
}

}  // namespace ingot::tools
