// Whether mysqldump or mariadb-dump writes a statement like this one, about one database.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/restore/mysql_routine.h"

namespace ingot::tools {

// What the session's settings do to the reading of what follows. Once on they stay on.
struct MysqlSession {
  bool ansi_quotes = false;  // "x" is a name, in which a backslash is nothing special
  // A character's second byte may be a backslash or a `.
  bool wide_characters = false;
  // Of which system variable a user's @variable has the value.
  std::map<std::string, std::string> saved;
  // @variables that what is stored may set when it runs; "" for any.
  std::set<std::string> stored;
};

class MysqlStatement {
 public:
  MysqlStatement(std::string database, MysqlSession* session)
      : database_(std::move(database)), session_(session) {}

  // The next token. Returns what is wrong with it, "" when nothing is.
  std::string Add(MysqlToken token);
  // A token behind its first ';', of what it stores.
  void AddStored(const MysqlToken& token);
  // At its end. The same; the statement is forgotten.
  std::string End();

  bool empty() const { return tokens_.empty(); }
  // Of the next tokens; rows' values are many.
  bool needs_texts() const { return !in_values_; }
  // What comes next may be for some versions only: options in CREATE TABLE and CREATE DATABASE, the
  // sign in SET @@GLOBAL.GTID_PURGED.
  bool may_differ_by_version() const;

 private:
  // More is not kept: a dump's statement has what matters before it.
  static constexpr size_t kTokensKept = 64;

  std::string Check();
  std::string AddRows(const MysqlToken& token);
  std::string AddTable(const MysqlToken& token);
  std::string CheckCreate() const;
  std::string CheckDatabase(size_t at) const;
  std::string CheckAlterTable(size_t at) const;
  std::string CheckName(size_t at) const;
  std::string CheckNames(size_t at, absl::string_view until) const;
  std::string CheckSet();
  std::string CheckAssignment(size_t* at);
  std::string CheckCharset(absl::string_view name);
  std::string CheckMode(absl::string_view modes);
  bool Is(size_t at, absl::string_view word) const;
  bool IsSymbol(size_t at, absl::string_view symbol) const;
  size_t SkipWords(size_t at, absl::Span<const absl::string_view> words) const;
  std::string VariableAt(size_t* at) const;

  const std::string database_;
  MysqlSession* const session_;
  std::vector<MysqlToken> tokens_;
  bool cut_ = false;  // there were more
  std::string verb_;  // the first word in lower case
  bool is_table_ = false;
  bool in_columns_ = false;  // of it, or behind them
  bool in_values_ = false;
  bool in_union_ = false;  // UNION=(...), of a MERGE table
  int parentheses_ = 0;
  bool behind_at_ = false;
  MysqlToken previous_;  // also of those that are not kept
  MysqlToken before_;    // before that
};

}  // namespace ingot::tools
