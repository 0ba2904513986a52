// db.url as Alfresco's server has it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/database/database_url.h"

namespace ingot {

struct JdbcUrl {
  tools::DatabaseUrl url;
  std::string password;                 // of the parameter `password`
  std::vector<std::string> parameters;  // names of the others: the dump program does not get them
};

// jdbc:postgresql:, jdbc:mysql:, jdbc:mariadb: (one host) and jdbc:sqlite:. As the drivers do: no
// host means localhost, no port the vendor's, and always TCP; no database means the user's name in
// PostgreSQL. InvalidArgument for other vendors and forms, with the remedy; no message repeats what
// may be a password.
absl::StatusOr<JdbcUrl> ParseJdbcUrl(absl::string_view url);

}  // namespace ingot
