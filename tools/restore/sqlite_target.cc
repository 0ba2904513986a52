// SQLite: through the library.
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "io/status.h"
#include "tools/database/sqlite_connection.h"
#include "tools/restore/client_query.h"
#include "tools/restore/sqlite_feed.h"
#include "tools/restore/targets.h"

namespace ingot::tools {
namespace {

constexpr char kTablesQuery[] = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')";

class SqliteTarget : public DatabaseTarget {
 public:
  explicit SqliteTarget(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<DatabaseUse> Look() override {
    DatabaseUse use;
    struct stat status;
    if (stat(path_.c_str(), &status) != 0) {
      if (errno == ENOENT) return use;
      return ErrnoStatus(errno, "read", path_);
    }
    INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteConnection> connection,
                           SqliteConnection::OpenForRestore(path_));
    sqlite3_busy_handler(connection->handle(), nullptr, nullptr);  // to see a lock, not to wait
    if (const absl::Status locked = connection->Execute("BEGIN EXCLUSIVE"); !locked.ok()) {
      if ((sqlite3_errcode(connection->handle()) & 0xff) != SQLITE_BUSY) return locked;
      use.connections = 1;
      return use;
    }
    INGOT_ASSIGN_OR_RETURN(const std::vector<std::string> tables, Tables(connection.get()));
    INGOT_RETURN_IF_ERROR(connection->Execute("ROLLBACK"));
    use.tables = tables.size();
    if (!tables.empty()) use.table = tables[0];
    return use;
  }

  // That it can be read to its end is all: what is refused leaves nothing behind.
  absl::Status Inspect(const DumpBytes& dump) override {
    return dump([](absl::Span<const char>) { return absl::OkStatus(); });
  }

  absl::Status Feed(const DumpBytes& dump) override {
    INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteConnection> connection,
                           SqliteConnection::OpenForRestore(path_));
    SqliteFeed feed(connection.get());
    absl::Status status = dump([&feed](absl::Span<const char> bytes) { return feed.Feed(bytes); });
    if (status.ok()) status = feed.Finish();
    if (status.ok()) return status;
    return absl::Status(status.code(), absl::StrCat(status.message(), "; nothing was kept, ", path_,
                                                    " is as it was before"));
  }

  absl::StatusOr<ContentRows> ReadContentRows(
      absl::FunctionRef<absl::Status(const ReferencedUrl&)> visit) override {
    INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteConnection> connection,
                           SqliteConnection::OpenReadOnly(path_));
    INGOT_ASSIGN_OR_RETURN(const std::vector<std::string> tables, Tables(connection.get()));
    return ReadContentRowsBy(
        tables,
        [&](const std::string& sql,
            absl::FunctionRef<absl::Status(const Fields&)> row) -> absl::Status {
          INGOT_ASSIGN_OR_RETURN(SqliteStatement statement, connection->Prepare(sql));
          while (true) {
            INGOT_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
            if (!has_row) return absl::OkStatus();
            Fields fields;
            for (int i = 0; i < statement.columns(); ++i) {
              fields.emplace_back(statement.Text(i));
            }
            INGOT_RETURN_IF_ERROR(row(fields));
          }
        },
        visit);
  }

 private:
  static absl::StatusOr<std::vector<std::string>> Tables(SqliteConnection* connection) {
    INGOT_ASSIGN_OR_RETURN(SqliteStatement statement, connection->Prepare(kTablesQuery));
    std::vector<std::string> tables;
    while (true) {
      INGOT_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
      if (!has_row) return tables;
      tables.emplace_back(statement.Text(0));
    }
  }

  const std::string path_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DatabaseTarget>> OpenSqliteTarget(
    const DatabaseTargetOptions& options) {
  return std::make_unique<SqliteTarget>(options.request.url.database);
}

}  // namespace ingot::tools
