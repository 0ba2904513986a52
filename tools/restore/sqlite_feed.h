// A dump into an SQLite database, statement by statement, in one transaction of our own.
//
// What a dump does: create tables, indexes, views, triggers; insert rows; a few settings. All else
// is refused, by the library itself (sqlite3_set_authorizer): ATTACH and VACUUM INTO, which write
// other files; PRAGMAs beyond the list; load_extension. The rows of virtual tables that a dump puts
// into sqlite_master are put there by us, and only when they are what they say.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/database/sqlite_connection.h"
#include "tools/restore/sqlite_statements.h"

namespace ingot::tools {

class SqliteFeed {
 public:
  // `connection` outlives it. Nothing else uses it meanwhile.
  explicit SqliteFeed(SqliteConnection* connection);
  ~SqliteFeed();  // without Finish: nothing is kept
  SqliteFeed(const SqliteFeed&) = delete;

  absl::Status Feed(absl::Span<const char> bytes);
  absl::Status Finish();

 private:
  absl::Status Take(const std::string& sql);
  absl::Status Run(const std::string& sql);
  absl::Status InsertVirtualTable(const std::string& values);
  absl::Status Begin();
  absl::Status Describe(const absl::Status& status, absl::string_view sql) const;
  static int Authorize(void* self, int action, const char* first, const char* second,
                       const char* database, const char* trigger);
  bool Allows(int action, const char* first, const char* second);

  SqliteConnection* const connection_;
  SqliteStatements statements_;
  std::string refused_;  // what the authorizer said no to
  bool own_ = false;     // a statement of ours
  bool begun_ = false;   // our transaction
  bool ended_ = false;   // the dump's COMMIT was seen
};

}  // namespace ingot::tools
