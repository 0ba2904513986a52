// SQLite: what the sqlite3 shell's .dump writes, through the library, row by row.
//
// Beyond .dump: encoding (where it is not UTF-8), user_version and application_id are kept, rowids
// (sqlite_rows.h), reals to the last bit and NULs inside texts (sqlite_literal.h).
// Not kept, being of the file and not of its data: page size, vacuum and journal mode, sqlite_stat3
// and sqlite_stat4, which not every SQLite can read back; ANALYZE makes them anew.
#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tools/database/drivers.h"
#include "tools/database/sqlite_connection.h"
#include "tools/database/sqlite_rows.h"

namespace ingot::tools {
namespace {

constexpr size_t kPieceBytes = 64 << 10;

enum class TableKind { kOrdinary, kVirtual, kStatistics, kSequence };

struct Table {
  TableKind kind;
  std::string name;
  std::string sql;
};

// The statement with what ends it: a comment at its end would swallow the semicolon.
std::string Terminated(const std::string& sql) {
  for (const char* end : {"", "\n", "*/"}) {
    std::string statement = absl::StrCat(sql, end, ";");
    if (sqlite3_complete(statement.c_str()) != 0) return absl::StrCat(statement, "\n");
  }
  return absl::StrCat(sql, ";\n");
}

// The tables behind a virtual table exist already when a restored schema is opened again meanwhile.
std::string CreateTable(const std::string& sql) {
  absl::string_view rest(sql);
  if (absl::StartsWith(sql, "CREATE TABLE '") || absl::StartsWith(sql, "CREATE TABLE \"")) {
    absl::ConsumePrefix(&rest, "CREATE TABLE ");
    return Terminated(absl::StrCat("CREATE TABLE IF NOT EXISTS ", rest));
  }
  return Terminated(sql);
}

class SqliteDump : public Dump {
 public:
  explicit SqliteDump(std::unique_ptr<SqliteConnection> connection)
      : connection_(std::move(connection)) {}

  // Begins the transaction that all is read in, and reads the schema.
  absl::Status Begin();

  absl::StatusOr<size_t> Read(absl::Span<char> out) override;
  absl::Status Finish() override;

  DatabaseVendor vendor() const override { return DatabaseVendor::kSqlite; }
  std::string tool() const override { return absl::StrCat("sqlite ", sqlite3_libversion()); }
  std::vector<std::string> warnings() const override { return warnings_; }
  uint64_t bytes() const override { return bytes_; }

 private:
  enum class Phase { kTables, kObjects, kEnd };

  absl::Status ReadSchema();
  absl::Status Header();
  absl::Status BeginTable(const Table& table);
  absl::Status Produce();  // appends to pending_ or goes on to the next phase

  std::unique_ptr<SqliteConnection> connection_;
  std::vector<Table> tables_;
  std::vector<std::string> objects_;  // indexes, triggers, views: after the rows
  std::string settings_;              // written before COMMIT
  std::vector<std::string> warnings_;

  Phase phase_ = Phase::kTables;
  size_t next_table_ = 0;
  size_t next_object_ = 0;
  std::unique_ptr<SqliteRows> rows_;
  bool schema_writable_ = false;
  std::string pending_;
  size_t pending_offset_ = 0;
  uint64_t bytes_ = 0;
};

absl::Status SqliteDump::Begin() {
  INGOT_RETURN_IF_ERROR(connection_->Execute("BEGIN"));
  INGOT_RETURN_IF_ERROR(ReadSchema());
  return Header();
}

absl::Status SqliteDump::ReadSchema() {
  INGOT_ASSIGN_OR_RETURN(
      SqliteStatement schema,
      connection_->Prepare(
          "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"));
  bool has_sequence = false;
  bool has_autoincrement = false;
  while (true) {
    INGOT_ASSIGN_OR_RETURN(const bool has_row, schema.Step());
    if (!has_row) break;
    std::string name(schema.Text(1));
    std::string sql(schema.Text(2));
    if (schema.Text(0) != "table") {
      objects_.push_back(std::move(sql));
    } else if (name == "sqlite_sequence") {
      has_sequence = true;
    } else if (name == "sqlite_stat1") {
      tables_.push_back({TableKind::kStatistics, std::move(name), ""});
    } else if (absl::StartsWithIgnoreCase(sql, "CREATE VIRTUAL TABLE")) {
      tables_.push_back({TableKind::kVirtual, std::move(name), std::move(sql)});
    } else if (!absl::StartsWith(name, "sqlite_")) {
      has_autoincrement |= absl::StrContains(absl::AsciiStrToUpper(sql), "AUTOINCREMENT");
      tables_.push_back({TableKind::kOrdinary, std::move(name), std::move(sql)});
    }
  }
  if (tables_.empty()) {
    return absl::AbortedError(absl::StrCat("the database ", connection_->path(),
                                           " has no tables: is it the right file?"));
  }
  // Last, as inserting rows changes it; it appears with the first table that needs it.
  if (has_sequence && has_autoincrement)
    tables_.push_back({TableKind::kSequence, "sqlite_sequence", ""});
  return absl::OkStatus();
}

absl::Status SqliteDump::Header() {
  pending_ = "PRAGMA foreign_keys=OFF;\n";
  INGOT_ASSIGN_OR_RETURN(const std::string encoding, connection_->QueryText("PRAGMA encoding"));
  if (encoding != "UTF-8") absl::StrAppend(&pending_, "PRAGMA encoding='", encoding, "';\n");
  absl::StrAppend(&pending_, "BEGIN TRANSACTION;\n");
  for (const char* name : {"application_id", "user_version"}) {
    INGOT_ASSIGN_OR_RETURN(const int64_t value,
                           connection_->QueryInteger(absl::StrCat("PRAGMA ", name)));
    if (value != 0) absl::StrAppend(&settings_, "PRAGMA ", name, "=", value, ";\n");
  }
  return absl::OkStatus();
}

absl::Status SqliteDump::BeginTable(const Table& table) {
  switch (table.kind) {
    case TableKind::kVirtual:
      // Creating it would create and fill the tables behind it, which are dumped as tables.
      if (!schema_writable_) absl::StrAppend(&pending_, "PRAGMA writable_schema=ON;\n");
      schema_writable_ = true;
      absl::StrAppend(
          &pending_, "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table',",
          QuoteText(table.name), ",", QuoteText(table.name), ",0,", QuoteText(table.sql), ");\n");
      return absl::OkStatus();
    case TableKind::kStatistics:
      absl::StrAppend(&pending_, "ANALYZE sqlite_master;\n");
      break;
    case TableKind::kSequence:
      absl::StrAppend(&pending_, "DELETE FROM sqlite_sequence;\n");
      break;
    case TableKind::kOrdinary:
      absl::StrAppend(&pending_, CreateTable(table.sql));
      break;
  }
  INGOT_ASSIGN_OR_RETURN(rows_, SqliteRows::Begin(connection_.get(), table.name));
  return absl::OkStatus();
}

absl::Status SqliteDump::Produce() {
  switch (phase_) {
    case Phase::kTables:
      if (rows_ != nullptr) {
        INGOT_ASSIGN_OR_RETURN(const bool more, rows_->Continue(kPieceBytes, &pending_));
        if (!more) rows_ = nullptr;
      } else if (next_table_ < tables_.size()) {
        return BeginTable(tables_[next_table_++]);
      } else {
        phase_ = Phase::kObjects;
      }
      return absl::OkStatus();
    case Phase::kObjects:
      if (next_object_ < objects_.size()) {
        absl::StrAppend(&pending_, Terminated(objects_[next_object_++]));
        return absl::OkStatus();
      }
      if (schema_writable_) absl::StrAppend(&pending_, "PRAGMA writable_schema=OFF;\n");
      absl::StrAppend(&pending_, settings_, "COMMIT;\n");
      phase_ = Phase::kEnd;
      return absl::OkStatus();
    case Phase::kEnd:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> SqliteDump::Read(absl::Span<char> out) {
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  if (pending_offset_ == pending_.size()) {
    pending_.clear();
    pending_offset_ = 0;
  }
  while (pending_.size() < kPieceBytes && phase_ != Phase::kEnd) INGOT_RETURN_IF_ERROR(Produce());
  const size_t size = std::min(out.size(), pending_.size() - pending_offset_);
  std::memcpy(out.data(), pending_.data() + pending_offset_, size);
  pending_offset_ += size;
  bytes_ += size;
  return size;
}

absl::Status SqliteDump::Finish() {
  if (phase_ != Phase::kEnd || pending_offset_ != pending_.size()) {
    return absl::AbortedError(absl::StrCat("database dump: SQLite database ", connection_->path(),
                                           ": it was not read to its end"));
  }
  return connection_->Execute("COMMIT");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dump>> StartSqliteDump(const DumpRequest& request) {
  INGOT_ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> connection,
                         SqliteConnection::OpenReadOnly(request.url.database));
  auto dump = std::make_unique<SqliteDump>(std::move(connection));
  INGOT_RETURN_IF_ERROR(dump->Begin());
  return dump;
}

}  // namespace ingot::tools
