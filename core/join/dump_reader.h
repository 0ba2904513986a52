// Rows of wanted tables out of an SQL dump that streams by.
//
// Knows what pg_dump, mysqldump/mariadb-dump, the sqlite3 shell and ingot's own SQLite dump write,
// in all their forms of rows: COPY, INSERT of one row and of many. The order of columns is the
// dump's own word. All else is skipped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot {

enum class DumpDialect { kPostgresql, kMysql, kSqlite };
// Of a manifest's database vendor: "postgresql", "mysql", "mariadb", "sqlite"; nullopt for others.
std::optional<DumpDialect> DialectOfVendor(absl::string_view vendor);

struct WantedTable {
  std::string name;                  // without schema; compared without regard to case
  std::vector<std::string> columns;  // what the rows are to hold, in this order
};

// nullopt: SQL's NULL. Numbers are the digits of the dump; texts and blobs are their bytes. Valid
// during the call.
using RowValues = absl::Span<const std::optional<absl::string_view>>;

// Receives rows in the order of the dump.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void Row(size_t table, RowValues values) = 0;  // `table`: number of the WantedTable
};

// Used by one thread at a time.
class DumpReader {
 public:
  // Without a dialect it is told from the dump's first bytes.
  DumpReader(std::optional<DumpDialect> dialect, std::vector<WantedTable> wanted, RowSink* sink);
  ~DumpReader();

  // The next piece, cut anywhere. After the first thing that is not understood all else is ignored.
  void Feed(absl::Span<const char> bytes);
  // After the last piece. FailedPrecondition says, as the end of a sentence, why the rows may not
  // be all that there are: "its line 12 is no COPY that ingot knows", "it is none of ...".
  absl::Status Finish();
  // Whether the dump holds the table, be it without rows. After Finish.
  bool HasTable(size_t table) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingot
