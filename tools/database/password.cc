#include "tools/database/password.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "io/small_file.h"

namespace ingot::tools {
namespace {

absl::StatusOr<std::string> ReadPasswordFile(const std::string& path) {
  absl::StatusOr<std::string> content = io::ReadSmallFile(path, kPasswordFileBytesMax);
  if (!content.ok()) {
    const absl::Status& status = content.status();
    const bool is_usage = absl::IsNotFound(status) || absl::IsPermissionDenied(status);
    return absl::Status(is_usage ? absl::StatusCode::kInvalidArgument : status.code(),
                        absl::StrCat("password file: ", status.message()));
  }
  content->resize(std::min(content->size(), content->find('\n')));
  if (!content->empty() && content->back() == '\r') content->pop_back();
  if (content->empty() || content->find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("password file ", path, ": its first line is not a password"));
  }
  return content;
}

}  // namespace

absl::StatusOr<std::string> FindPassword(DatabaseVendor vendor, const std::string& password_file) {
  if (!password_file.empty()) return ReadPasswordFile(password_file);
  if (const char* password = std::getenv("INGOT_DB_PASSWORD");
      password != nullptr && *password != '\0') {
    return std::string(password);
  }
  const char* own = nullptr;
  if (vendor == DatabaseVendor::kPostgresql) own = std::getenv("PGPASSWORD");
  if (vendor == DatabaseVendor::kMysql || vendor == DatabaseVendor::kMariadb)
    own = std::getenv("MYSQL_PWD");
  return std::string(own == nullptr ? "" : own);
}

}  // namespace ingot::tools
