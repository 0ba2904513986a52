#include "tools/database/sqlite_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

// SQLite's own limit for one statement (SQLITE_MAX_SQL_LENGTH): what is longer cannot be restored.
constexpr uint64_t kStatementBytesMax = 1'000'000'000;

struct TableShape {
  std::vector<std::string> stored;  // columns that an INSERT may name
  std::vector<std::string> all;
  bool has_generated = false;
  bool is_without_rowid = false;
  bool rowid_is_column = false;  // INTEGER PRIMARY KEY
};

absl::StatusOr<TableShape> ShapeOf(SqliteConnection* connection, const std::string& table) {
  TableShape shape;
  INGOT_ASSIGN_OR_RETURN(
      SqliteStatement columns,
      connection->Prepare("SELECT name, hidden, pk, type FROM pragma_table_xinfo(?1)"));
  columns.BindText(1, table);
  int keys = 0;
  bool has_integer_key = false;
  while (true) {
    INGOT_ASSIGN_OR_RETURN(const bool has_row, columns.Step());
    if (!has_row) break;
    shape.all.emplace_back(columns.Text(0));
    if (columns.Integer(1) == 0) {
      shape.stored.emplace_back(columns.Text(0));
    } else {
      shape.has_generated = true;
    }
    if (columns.Integer(2) == 0) continue;
    ++keys;
    has_integer_key = absl::EqualsIgnoreCase(columns.Text(3), "INTEGER");
  }
  // INTEGER PRIMARY KEY DESC is no rowid: there is an index of its own then.
  INGOT_ASSIGN_OR_RETURN(
      SqliteStatement key_index,
      connection->Prepare("SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk'"));
  key_index.BindText(1, table);
  INGOT_ASSIGN_OR_RETURN(const bool has_key_index, key_index.Step());
  shape.rowid_is_column = keys == 1 && has_integer_key && !has_key_index;
  INGOT_ASSIGN_OR_RETURN(
      SqliteStatement kind,
      connection->Prepare("SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main'"));
  kind.BindText(1, table);
  INGOT_ASSIGN_OR_RETURN(const bool is_listed, kind.Step());
  shape.is_without_rowid = is_listed && kind.Integer(0) != 0;
  return shape;
}

// The rowid's name where it must be written, else "".
std::string RowidName(const std::string& table, const TableShape& shape) {
  if (shape.is_without_rowid || shape.rowid_is_column || absl::StartsWith(table, "sqlite_"))
    return "";
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    const auto is_name = [name](const std::string& column) {
      return absl::EqualsIgnoreCase(column, name);
    };
    if (std::none_of(shape.all.begin(), shape.all.end(), is_name)) return name;
  }
  return "";
}

}  // namespace

SqliteRows::SqliteRows(const SqliteConnection* connection, std::string table, std::string insert,
                       SqliteStatement rows, LiteralWriter literal)
    : connection_(connection),
      table_(std::move(table)),
      insert_(std::move(insert)),
      rows_(std::move(rows)),
      literal_(std::move(literal)) {}

absl::StatusOr<std::unique_ptr<SqliteRows>> SqliteRows::Begin(SqliteConnection* connection,
                                                              const std::string& table) {
  INGOT_ASSIGN_OR_RETURN(const TableShape shape, ShapeOf(connection, table));
  const std::string rowid = RowidName(table, shape);
  std::vector<std::string> columns;
  if (!rowid.empty()) columns.push_back(rowid);
  for (const std::string& column : shape.stored) columns.push_back(QuoteIdentifier(column));
  const std::string list = absl::StrJoin(columns, ",");
  const std::string name = QuoteIdentifier(table);
  const bool needs_list = !rowid.empty() || shape.has_generated;
  std::string insert = absl::StrCat("INSERT INTO ", name,
                                    needs_list ? absl::StrCat("(", list, ")") : "", " VALUES(");
  // NOT INDEXED: in the order of the table itself, not of an index that happens to have all
  // columns.
  INGOT_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection->Prepare(absl::StrCat("SELECT ", list, " FROM main.", name, " NOT INDEXED")));
  INGOT_ASSIGN_OR_RETURN(LiteralWriter literal, LiteralWriter::Make(connection));
  return std::unique_ptr<SqliteRows>(
      new SqliteRows(connection, table, std::move(insert), std::move(rows), std::move(literal)));
}

absl::Status SqliteRows::BeginRow(std::string* out) {
  uint64_t bytes = insert_.size();
  for (int column = 0; column < rows_.columns(); ++column)
    bytes += LiteralWriter::SqlBytes(rows_, column) + 1;
  if (bytes > kStatementBytesMax) {
    return absl::AbortedError(absl::StrCat(
        "database dump: SQLite database ", connection_->path(), ": a row of table ", table_,
        " is too large for an SQL statement; copy the database with sqlite3's .backup instead"));
  }
  out->append(insert_);
  column_ = 0;
  return literal_.Begin(rows_, column_);
}

absl::StatusOr<bool> SqliteRows::Continue(size_t bytes, std::string* out) {
  while (out->size() < bytes) {
    if (column_ < 0) {
      INGOT_ASSIGN_OR_RETURN(const bool has_row, rows_.Step());
      if (!has_row) return false;
      INGOT_RETURN_IF_ERROR(BeginRow(out));
    }
    if (literal_.Continue(out)) continue;
    if (++column_ < rows_.columns()) {
      out->push_back(',');
      INGOT_RETURN_IF_ERROR(literal_.Begin(rows_, column_));
    } else {
      out->append(");\n");
      column_ = -1;
    }
  }
  return true;
}

}  // namespace ingot::tools
