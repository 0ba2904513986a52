#include "tools/restore/sqlite_feed.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr size_t kShownBytes = 60;  // of a statement, in messages
constexpr char kVirtualTable[] =
    "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES(";

bool IsOneOf(const char* text, std::initializer_list<const char*> list) {
  return text != nullptr && std::any_of(list.begin(), list.end(), [text](const char* one) {
           return absl::EqualsIgnoreCase(text, one);
         });
}

bool IsSchemaTable(const char* table) {
  return IsOneOf(table,
                 {"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"});
}

// White space and comments before a statement.
absl::string_view WithoutComments(absl::string_view sql) {
  while (true) {
    sql = absl::StripLeadingAsciiWhitespace(sql);
    size_t end;
    if (absl::StartsWith(sql, "--")) {
      end = sql.find('\n');
    } else if (absl::StartsWith(sql, "/*")) {
      end = sql.find("*/", 2);
      if (end != absl::string_view::npos) ++end;
    } else {
      return sql;
    }
    if (end == absl::string_view::npos) return "";
    sql.remove_prefix(end + 1);
  }
}

}  // namespace

SqliteFeed::SqliteFeed(SqliteConnection* connection) : connection_(connection) {
  sqlite3* handle = connection_->handle();
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_set_authorizer(handle, &SqliteFeed::Authorize, this);
}

SqliteFeed::~SqliteFeed() {
  own_ = true;
  if (begun_) sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_set_authorizer(connection_->handle(), nullptr, nullptr);
}

int SqliteFeed::Authorize(void* self, int action, const char* first, const char* second,
                          const char* /*database*/, const char* /*trigger*/) {
  return static_cast<SqliteFeed*>(self)->Allows(action, first, second) ? SQLITE_OK : SQLITE_DENY;
}

bool SqliteFeed::Allows(int action, const char* first, const char* second) {
  if (own_) return true;
  switch (action) {
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_VIEW:
    case SQLITE_INSERT:  // into sqlite_master, too: CREATE does; an INSERT by name the library
                         // refuses
    case SQLITE_READ:
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_ANALYZE:
    case SQLITE_REINDEX:
      return true;
    case SQLITE_UPDATE:
      if (!IsSchemaTable(first)) return true;
      refused_ = "changes the schema's own table";
      return IsOneOf(second, {"type", "name", "tbl_name", "rootpage", "sql"});  // CREATE does
    case SQLITE_DELETE:
      if (!IsSchemaTable(first)) return true;
      refused_ = "deletes from the schema's own table";
      return false;
    case SQLITE_FUNCTION:
      if (!IsOneOf(second, {"load_extension", "fts3_tokenizer"})) return true;
      refused_ = absl::StrCat("calls ", second);
      return false;
    case SQLITE_PRAGMA:
      if (IsOneOf(first, {"foreign_keys", "encoding", "application_id", "user_version"}))
        return true;
      refused_ = absl::StrCat("sets PRAGMA ", first);
      return false;
    case SQLITE_ATTACH:
      refused_ = "opens another file";
      return false;
    default:
      refused_ = "does what no dump does";
      return false;
  }
}

absl::Status SqliteFeed::Describe(const absl::Status& status, absl::string_view sql) const {
  if (absl::IsCancelled(status)) return status;
  const std::string begin =
      absl::StrReplaceAll(WithoutComments(sql).substr(0, kShownBytes), {{"\n", " "}});
  if (!refused_.empty() && absl::StrContains(status.message(), "not authorized")) {
    return absl::DataLossError(
        absl::StrCat("refused: a statement of the dump ", refused_, ": ", begin));
  }
  return absl::AbortedError(absl::StrCat(status.message(), ", in: ", begin));
}

absl::Status SqliteFeed::Begin() {
  if (begun_) return absl::OkStatus();
  own_ = true;
  const absl::Cleanup end = [this] { own_ = false; };
  // Nobody else reads or writes from here on.
  INGOT_RETURN_IF_ERROR(connection_->Execute("BEGIN EXCLUSIVE"));
  begun_ = true;
  return absl::OkStatus();
}

absl::Status SqliteFeed::Run(const std::string& sql) {
  refused_.clear();
  absl::StatusOr<SqliteStatement> statement = connection_->Prepare(sql);
  if (!statement.ok()) return Describe(statement.status(), sql);
  while (true) {
    const absl::StatusOr<bool> row = statement->Step();
    if (!row.ok()) return Describe(row.status(), sql);
    if (!*row) return absl::OkStatus();
  }
}

// `values` as the dump has them: "'table','name','name',0,'CREATE VIRTUAL TABLE ...');"
absl::Status SqliteFeed::InsertVirtualTable(const std::string& values) {
  const std::string tuple(absl::StripSuffix(absl::StripAsciiWhitespace(values), ");"));
  const std::string select = absl::StrCat("SELECT ", tuple);
  refused_.clear();
  absl::StatusOr<SqliteStatement> row = connection_->Prepare(select);
  if (!row.ok()) return Describe(row.status(), select);
  const absl::StatusOr<bool> has_row = row->Step();
  if (!has_row.ok()) return Describe(has_row.status(), select);
  const std::string name(*has_row && row->columns() == 5 ? row->Text(1) : "");
  if (name.empty() || row->Text(0) != "table" || row->Text(2) != name || row->Integer(3) != 0 ||
      absl::StartsWithIgnoreCase(name, "sqlite_") ||
      !absl::StartsWithIgnoreCase(row->Text(4), "CREATE VIRTUAL TABLE ")) {
    return absl::DataLossError(
        "refused: a statement of the dump puts something else than a virtual table into the "
        "schema's own table");
  }
  own_ = true;
  const absl::Cleanup end = [this] {
    sqlite3_exec(connection_->handle(), "PRAGMA writable_schema=OFF", nullptr, nullptr, nullptr);
    own_ = false;
  };
  INGOT_RETURN_IF_ERROR(connection_->Execute("PRAGMA writable_schema=ON"));
  INGOT_ASSIGN_OR_RETURN(
      SqliteStatement insert,
      connection_->Prepare("INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) "
                           "VALUES('table',?1,?1,0,?2)"));
  insert.BindText(1, name);
  insert.BindText(2, row->Text(4));
  return insert.Step().status();
}

absl::Status SqliteFeed::Take(const std::string& sql) {
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  const absl::string_view text = WithoutComments(sql);
  const std::string word = absl::AsciiStrToUpper(
      absl::StripAsciiWhitespace(text.substr(0, std::min(text.size(), kShownBytes))));
  if (ended_) return absl::DataLossError("refused: the dump goes on behind its COMMIT");
  if (word == "BEGIN TRANSACTION;" || word == "BEGIN;") return Begin();
  if (word == "COMMIT;" || word == "END;" || word == "COMMIT TRANSACTION;") {
    ended_ = true;
    return absl::OkStatus();
  }
  if (absl::StartsWith(word, "PRAGMA WRITABLE_SCHEMA=")) return absl::OkStatus();  // see the header
  if (absl::StartsWith(word, "PRAGMA ") && !begun_) return Run(sql);
  INGOT_RETURN_IF_ERROR(Begin());
  if (absl::StartsWith(text, kVirtualTable)) {
    return InsertVirtualTable(std::string(text.substr(std::strlen(kVirtualTable))));
  }
  return Run(sql);
}

absl::Status SqliteFeed::Feed(absl::Span<const char> bytes) {
  return statements_.Feed(bytes, [this](const std::string& sql) { return Take(sql); });
}

absl::Status SqliteFeed::Finish() {
  INGOT_RETURN_IF_ERROR(statements_.Finish());
  if (!ended_ || !begun_) return absl::DataLossError("refused: the dump has no COMMIT at its end");
  own_ = true;
  INGOT_RETURN_IF_ERROR(connection_->Execute("COMMIT"));
  begun_ = false;
  return absl::OkStatus();
}

}  // namespace ingot::tools
