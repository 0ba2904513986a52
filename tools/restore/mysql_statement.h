// Whether mysqldump or mariadb-dump writes a statement like this one, about one database.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/restore/mysql_session.h"
#include "tools/restore/mysql_token.h"

namespace ingot::tools {

class MysqlStatement {
 public:
  MysqlStatement(std::string database, MysqlSession* session)
      : database_(std::move(database)), session_(session) {}

  // The next token. Returns what is wrong with it, "" when nothing is.
  std::string Add(MysqlToken token);
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
  MysqlToken previous_;  // also of those that are not kept
  MysqlToken before_;    // before that
};

}  // namespace ingot::tools
