// The database that a dump is put back into, through its vendor's own tool.
//
// A dump is code to the tool that reads it, and nobody vouches for what is in a file: see
// psql_filter.h, mysql_target.cc and sqlite_feed.h for how each vendor's is kept from doing more
// than filling the database. What SQL itself can do with the rights of the database user no filter
// can tell: restore as a user who owns this database and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/database/dump.h"

namespace ingot::tools {

// All bytes of the dump, in order; can be read again from the start.
using DumpBytes =
    std::function<absl::Status(absl::FunctionRef<absl::Status(absl::Span<const char>)>)>;

struct DatabaseTargetOptions {
  DumpRequest request;            // how to reach it
  bool no_owner = false;          // PostgreSQL: without OWNER TO, GRANT and the like
  bool unguarded_client = false;  // PostgreSQL: also with a psql that does not know \restrict
};

struct DatabaseUse {
  uint64_t tables = 0;
  std::string table;         // one of them
  uint64_t connections = 0;  // of others
};

struct ReferencedUrl {
  std::string url;
  uint64_t size = 0;  // as the row says, bytes
  bool encrypted = false;
};
struct ContentRows {
  bool has_tables = false;  // alf_content_url and alf_content_data
  uint64_t url_rows = 0;
  uint64_t data_rows = 0;
};

// Errors name the database and the tool's last words, never a password. Cancelled when interrupted.
// Used by one thread.
class DatabaseTarget {
 public:
  // InvalidArgument when this vendor's dumps cannot be put back, and when its program is missing or
  // too old.
  static absl::StatusOr<std::unique_ptr<DatabaseTarget>> Open(const DatabaseTargetOptions& options);
  virtual ~DatabaseTarget() = default;

  // InvalidArgument when it cannot be reached.
  virtual absl::StatusOr<DatabaseUse> Look() = 0;

  // Reads the dump to its end without touching the database. DataLoss when it would do what no dump
  // does; InvalidArgument when the server lacks something that it needs.
  virtual absl::Status Inspect(const DumpBytes& dump) = 0;

  // Aborted when it fails; the message says what is left behind, and the remedy.
  virtual absl::Status Feed(const DumpBytes& dump) = 0;

  // The URLs that a row of alf_content_data refers to, as they are in the database now.
  virtual absl::StatusOr<ContentRows> ReadContentRows(
      absl::FunctionRef<absl::Status(const ReferencedUrl&)> visit) = 0;

  // Whether a dump replaces tables that are there, instead of failing at them.
  virtual bool ReplacesTables() const { return false; }

  // A command that makes the database faster or safer once it is full; may be empty.
  virtual std::string Afterwards() const { return ""; }
};

}  // namespace ingot::tools
