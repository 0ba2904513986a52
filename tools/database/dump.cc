#include "tools/database/dump.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/database/drivers.h"

namespace ingot::tools {
namespace {

constexpr size_t kNameBytesMax = 200;

absl::string_view FileStem(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash != absl::string_view::npos) path.remove_prefix(slash + 1);
  const size_t dot = path.rfind('.');
  return dot == absl::string_view::npos || dot == 0 ? path : path.substr(0, dot);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dump>> StartDump(const DumpRequest& request) {
  switch (request.url.vendor) {
    case DatabaseVendor::kPostgresql:
      return StartPostgresqlDump(request);
    case DatabaseVendor::kMysql:
    case DatabaseVendor::kMariadb:
      return StartMysqlDump(request);
    case DatabaseVendor::kSqlite:
      return StartSqliteDump(request);
    case DatabaseVendor::kCommand:
      return StartCommandDump(request);
  }
  return absl::InternalError("a database vendor that nobody knows");
}

std::string DumpMemberName(const DatabaseUrl& url) {
  std::string name(url.vendor == DatabaseVendor::kSqlite ? FileStem(url.database)
                                                         : absl::string_view(url.database));
  name.resize(std::min(name.size(), kNameBytesMax));
  for (char& c : name) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '/' || byte < 0x20 || byte == 0x7f) c = '_';
  }
  if (name.empty()) name = "dump";
  return absl::StrCat("database/", name, ".sql");
}

}  // namespace ingot::tools
