// SQLite's library behind Status: a connection and its statements.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ingot::tools {

class SqliteConnection;

// Ends before its connection.
class SqliteStatement {
 public:
  // False: no more rows.
  absl::StatusOr<bool> Step();
  void Reset();
  void BindText(int parameter, absl::string_view text);  // copied

  int columns() const { return sqlite3_column_count(statement_.get()); }
  int Type(int column) const { return sqlite3_column_type(statement_.get(), column); }
  int64_t Integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  double Real(int column) const { return sqlite3_column_double(statement_.get(), column); }
  // Valid until the next Step or Reset. What is no text becomes text.
  absl::string_view Text(int column) const;
  absl::string_view Blob(int column) const;

 private:
  friend class SqliteConnection;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  SqliteStatement(SqliteConnection* connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}

  SqliteConnection* connection_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// All errors are Aborted, or Cancelled after an interruption, which also ends waiting for locks.
class SqliteConnection {
 public:
  // Never creates the file. Waits up to kBusyWait for locks that others hold.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenReadOnly(const std::string& path);

  // For putting a dump back: makes the file when it is missing.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenForRestore(const std::string& path);

  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);
  absl::Status Execute(absl::string_view sql);
  // The first column of the first row.
  absl::StatusOr<int64_t> QueryInteger(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  const std::string& path() const { return path_; }
  sqlite3* handle() { return connection_.get(); }
  // What the library says now about its last failure.
  absl::Status Error() const;

 private:
  struct Closer {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path, int flags,
                                                                const char* operation);
  SqliteConnection(std::string path, const char* operation)
      : path_(std::move(path)), operation_(operation) {}

  std::string path_;
  const char* operation_;  // begins every message
  std::unique_ptr<sqlite3, Closer> connection_;
};

}  // namespace ingot::tools
