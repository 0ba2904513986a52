// Database URLs, as on the command line and as JDBC has them. A password in one reaches no message
// and no description: "\x01" in the input stands for it.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/alfresco/jdbc_url.h"
#include "tools/database/database_url.h"

namespace ingot {
namespace {

constexpr char kPassword[] = "Zq9hunter2";

// Whether the password stands where one does: behind a colon before the last '@'.
bool IsInUserInfo(absl::string_view url) {
  const size_t begin = url.find("://");
  const size_t end = url.rfind('@');
  if (begin == absl::string_view::npos || end == absl::string_view::npos || end < begin + 3)
    return false;
  const absl::string_view user_info = url.substr(begin + 3, end - begin - 3);
  const size_t colon = user_info.find(':');
  return colon != absl::string_view::npos &&
         absl::StrContains(user_info.substr(colon), kPassword) &&
         user_info.find('/') == absl::string_view::npos;
}

void TryUrl(const std::string& text) {
  const absl::StatusOr<tools::DatabaseUrl> url = tools::ParseDatabaseUrl(text);
  if (!url.ok()) {
    if (IsInUserInfo(text)) INGOT_CHECK(!absl::StrContains(url.status().message(), kPassword));
    return;
  }
  INGOT_CHECK(!IsInUserInfo(text) || url->vendor == tools::DatabaseVendor::kSqlite);
  const absl::StatusOr<tools::DatabaseUrl> again = tools::ParseDatabaseUrl(tools::Describe(*url));
  INGOT_CHECK(again.ok());
  INGOT_CHECK(again->vendor == url->vendor && again->user == url->user &&
              again->host == url->host && again->port == url->port &&
              again->database == url->database);
}

void TryJdbc(const std::string& text) {
  const absl::StatusOr<JdbcUrl> url = ParseJdbcUrl(text);
  const bool secret =
      absl::StrContains(text, absl::StrCat("password=", kPassword)) || IsInUserInfo(text);
  if (!url.ok()) {
    if (secret) INGOT_CHECK(!absl::StrContains(url.status().message(), kPassword));
    return;
  }
  if (absl::StrContains(url->password, kPassword)) {
    INGOT_CHECK(!absl::StrContains(tools::Describe(url->url), url->password));
  }
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const bool jdbc = input.Flag();
  std::string text(input.Rest());
  if (absl::StrContains(text, kPassword)) return 0;
  // Once: anywhere else it may be repeated.
  if (const size_t at = text.find('\x01'); at != std::string::npos) text.replace(at, 1, kPassword);
  if (jdbc) {
    TryJdbc(text);
  } else {
    TryUrl(text);
  }
  return 0;
}
