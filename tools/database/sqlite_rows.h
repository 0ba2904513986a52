// The rows of one SQLite table as INSERT statements.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/database/sqlite_connection.h"
#include "tools/database/sqlite_literal.h"

namespace ingot::tools {

// Piece by piece, whatever the size of a row. Generated columns are left out. Where a table has
// rowids that no column shows they are kept (the sqlite3 shell drops them unless asked): a
// full-text index with external content refers to rows by them, and would find the wrong ones. Only
// a table whose columns take all three names of the rowid cannot have that.
class SqliteRows {
 public:
  static absl::StatusOr<std::unique_ptr<SqliteRows>> Begin(SqliteConnection* connection,
                                                           const std::string& table);
  // Appends until *out is about `bytes` long; false after the last row.
  absl::StatusOr<bool> Continue(size_t bytes, std::string* out);

 private:
  SqliteRows(const SqliteConnection* connection, std::string table, std::string insert,
             SqliteStatement rows, LiteralWriter literal);
  absl::Status BeginRow(std::string* out);

  const SqliteConnection* connection_;
  std::string table_;
  std::string insert_;  // up to "VALUES("
  SqliteStatement rows_;
  LiteralWriter literal_;
  int column_ = -1;  // being written; -1: between rows
};

}  // namespace ingot::tools
