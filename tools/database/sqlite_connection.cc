#include "tools/database/sqlite_connection.h"

#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr absl::Duration kBusyStep = absl::Milliseconds(20);
constexpr absl::Duration kBusyWait = absl::Seconds(60);
constexpr int kInterruptionCheckSteps = 100'000;  // of SQLite's virtual machine

int OnBusy(void* /*context*/, int earlier_calls) {
  if (io::Interrupted() || earlier_calls * kBusyStep >= kBusyWait) return 0;
  absl::SleepFor(kBusyStep);
  return 1;
}

int OnProgress(void* /*context*/) { return io::Interrupted() ? 1 : 0; }

// What to do about it, after the library's own words.
const char* Remedy(int extended_code) {
  switch (extended_code) {
    case SQLITE_READONLY_ROLLBACK:
    case SQLITE_READONLY_RECOVERY:
      return "; a program that crashed left a journal beside it: open it once for writing, as with "
             "sqlite3";
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_DIRECTORY:
      return "; in WAL mode its directory must be writable for us";
    default:
      break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_BUSY:
      return "; another program holds its lock for longer than a minute";
    case SQLITE_CANTOPEN:
      return "; it must exist and be readable, and in WAL mode its directory writable";
    default:
      return "";
  }
}

}  // namespace

absl::StatusOr<bool> SqliteStatement::Step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return connection_->Error();
  }
}

void SqliteStatement::Reset() { sqlite3_reset(statement_.get()); }

void SqliteStatement::BindText(int parameter, absl::string_view text) {
  INGOT_CHECK(sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(),
                                  SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
}

absl::string_view SqliteStatement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return absl::string_view(reinterpret_cast<const char*>(text),
                           text == nullptr ? 0 : static_cast<size_t>(size));
}

absl::string_view SqliteStatement::Blob(int column) const {
  const void* blob = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return absl::string_view(static_cast<const char*>(blob),
                           blob == nullptr ? 0 : static_cast<size_t>(size));
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::OpenReadOnly(
    const std::string& path) {
  return Open(path, SQLITE_OPEN_READONLY, "database dump");
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::OpenForRestore(
    const std::string& path) {
  return Open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "database restore");
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path,
                                                                         int flags,
                                                                         const char* operation) {
  std::unique_ptr<SqliteConnection> opened(new SqliteConnection(path, operation));
  // ":memory:" and "file:..." mean something else to the library; with "./" before them they are
  // files.
  const std::string name = absl::StartsWith(path, "/") ? path : absl::StrCat("./", path);
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  opened->connection_.reset(connection);
  if (connection == nullptr) {
    return absl::AbortedError(absl::StrCat(operation, ": SQLite: out of memory"));
  }
  sqlite3_extended_result_codes(connection, 1);
  if (code != SQLITE_OK) return opened->Error();
  sqlite3_busy_handler(connection, OnBusy, nullptr);
  sqlite3_progress_handler(connection, kInterruptionCheckSteps, OnProgress, nullptr);
  return opened;
}

absl::Status SqliteConnection::Error() const {
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  sqlite3* connection = connection_.get();
  const int error_number = sqlite3_system_errno(connection);
  return absl::AbortedError(
      absl::StrCat(operation_, ": SQLite database ", path_, ": ", sqlite3_errmsg(connection),
                   error_number == 0 ? "" : absl::StrCat(" (", std::strerror(error_number), ")"),
                   Remedy(sqlite3_extended_errcode(connection))));
}

absl::StatusOr<SqliteStatement> SqliteConnection::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK) {
    return Error();
  }
  return SqliteStatement(this, statement);
}

absl::Status SqliteConnection::Execute(absl::string_view sql) {
  INGOT_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  return statement.Step().status();
}

absl::StatusOr<int64_t> SqliteConnection::QueryInteger(absl::string_view sql) {
  INGOT_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  INGOT_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
  return has_row ? statement.Integer(0) : 0;
}

absl::StatusOr<std::string> SqliteConnection::QueryText(absl::string_view sql) {
  INGOT_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  INGOT_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
  return std::string(has_row ? statement.Text(0) : "");
}

}  // namespace ingot::tools
