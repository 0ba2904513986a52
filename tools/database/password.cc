#include "tools/database/password.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

absl::StatusOr<std::string> ReadPasswordFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(ErrnoStatus(errno, "open password file", path).message());
  }
  std::string content(kPasswordFileBytesMax + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return ErrnoStatus(EIO, "read password file", path);
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kPasswordFileBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("password file ", path, ": larger than ", kPasswordFileBytesMax, " bytes"));
  }
  content.resize(std::min(content.size(), content.find('\n')));
  if (!content.empty() && content.back() == '\r') content.pop_back();
  if (content.empty() || content.find('\0') != std::string::npos) {
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
