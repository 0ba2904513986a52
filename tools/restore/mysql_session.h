// What the session's settings do to the reading of what follows in a dump of MySQL or MariaDB, and
// which settings the dump programs write.
#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "tools/restore/mysql_token.h"

namespace ingot::tools {

class MysqlSession {
 public:
  // A whole SET. Returns what is wrong with it, "" when nothing is.
  std::string Set(MysqlTokens statement);
  // A token of what a CREATE stores: a @variable in it may be set when that runs.
  void AddStored(const MysqlToken& token);

  // Once on they stay on. "x" is a name, in which a backslash is nothing special.
  bool ansi_quotes() const { return ansi_quotes_; }
  // A character's second byte may be a backslash or a `.
  bool wide_characters() const { return wide_characters_; }

 private:
  std::string SetNames(MysqlTokens statement);
  std::string Assign(MysqlTokens statement, size_t* at);
  std::string SetSystem(absl::string_view name, const MysqlToken& value);
  std::string SetCharset(absl::string_view name);
  std::string SetMode(absl::string_view modes);

  bool ansi_quotes_ = false;
  bool wide_characters_ = false;
  std::map<std::string, std::string> saved_;  // which system variable's value a @variable has
  std::set<std::string> stored_;              // @variables that what is stored may set; "" for any
  bool behind_at_ = false;
};

}  // namespace ingot::tools
