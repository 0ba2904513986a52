// A database dump as a stream of bytes that knows whether it is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/create/create.h"
#include "tools/database/database_url.h"

namespace ingot::tools {

struct DumpRequest {
  DatabaseUrl url;       // vendor kCommand: only url.database is used, to name the member
  std::string password;  // empty: the client's own means (~/.pgpass, ~/.my.cnf, peer, ...)
  std::string schema;    // PostgreSQL: this schema alone (db.schema.name); empty: all
  std::string command;   // kCommand: run by bash with pipefail, writes the dump to standard output;
                         // it finds `password` in its environment as INGOT_DB_PASSWORD
  std::string expect;    // kCommand: the last line that is not empty must contain this
  // A dump program that writes nothing for so long while it is waited for has failed. It may be
  // silent for a while: until it has its locks, or while it sorts.
  absl::Duration silence_max = absl::Minutes(30);
};

// Read and Finish fail with Cancelled after an interruption (io/interruption.h) and with Aborted
// for everything else; the message holds the dump program's own last lines, and no password. Used
// by one thread, the one that called StartDump, which must outlive the dump: the program is killed
// when that thread ends. Destroying a dump that was not finished ends its program.
class Dump : public StreamSource {
 public:
  virtual DatabaseVendor vendor() const = 0;
  virtual std::string tool() const = 0;  // "pg_dump 15.18", "sqlite 3.40.1", "command"
  // What the user should know though the dump succeeds; complete after Finish.
  virtual std::vector<std::string> warnings() const = 0;
  virtual uint64_t bytes() const = 0;  // read so far
};

// Checks what can be checked, and starts the program. Aborted when that fails (the message names
// program and remedy), InvalidArgument for a request that makes no sense, Cancelled when
// interrupted.
absl::StatusOr<std::unique_ptr<Dump>> StartDump(const DumpRequest& request);

// "database/<name>.sql", of the database's name (SQLite: the file's, without its extension); '/'
// and control characters become '_'.
std::string DumpMemberName(const DatabaseUrl& url);

}  // namespace ingot::tools
