// Which roles a statement of a PostgreSQL dump names: pg_dump holds what they own, not the roles.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ingot::tools {

struct SqlRoles {
  std::vector<std::string> roles;
  bool about_roles_only = false;  // it does nothing but say who owns what, or who may do what
};

// `words`: the statement's first identifiers in lower case. GRANT, REVOKE, ALTER ... OWNER TO,
// ALTER DEFAULT PRIVILEGES, SET SESSION AUTHORIZATION; of others nothing. PUBLIC and CURRENT_USER
// are no roles.
SqlRoles RolesOf(const std::vector<std::string>& words, absl::string_view statement);

}  // namespace ingot::tools
