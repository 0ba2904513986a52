// Which of a dump's tables are wanted, how their columns are ordered, and what was not understood.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/join/dump_reader.h"

namespace ingot {

// A table as a statement names it; without its quotes.
struct TableName {
  std::string schema;  // empty: not named
  std::string table;
};

// How the rows of one statement become rows of a wanted table.
struct RowShape {
  size_t table = 0;
  size_t columns = 0;       // of the statement's rows
  std::vector<int> wanted;  // for each of them: its place in WantedTable::columns, or -1
  size_t read_columns = 0;  // behind these nothing is wanted
};

class WantedTables {
 public:
  explicit WantedTables(std::vector<WantedTable> tables);

  std::optional<size_t> Find(absl::string_view name) const;
  // \connect: the same table in another database is another one.
  void SetDatabase(absl::string_view database) { database_ = std::string(database); }
  // The schema of names without one: search_path, USE.
  void SetSchema(absl::string_view schema) { schema_ = std::string(schema); }
  // CREATE TABLE has told the columns that rows have.
  absl::Status Created(size_t table, const TableName& name, std::vector<std::string> columns);
  // The rows that follow, their columns named by the statement; without names, CREATE TABLE's.
  absl::StatusOr<RowShape> Shape(size_t table, const TableName& name,
                                 const std::vector<std::string>& columns);

  size_t ColumnCount(size_t table) const { return tables_[table].columns.size(); }
  const std::string& Name(size_t table) const { return tables_[table].name; }
  bool Has(size_t table) const { return seen_[table].has_value(); }

 private:
  absl::Status See(size_t table, const TableName& name);
  absl::StatusOr<RowShape> Map(size_t table, const std::vector<std::string>& columns) const;

  std::vector<WantedTable> tables_;
  std::vector<std::optional<std::string>> seen_;  // database and schema
  std::vector<std::vector<std::string>> created_;
  std::string database_;
  std::string schema_;
};

// One row in the making, and its way to the sink.
class RowBuffer {
 public:
  void Begin(size_t columns);
  std::string* bytes() { return &bytes_; }
  // Value `place` is bytes [from, to the end).
  void SetBytes(int place, size_t from);
  // The values point into bytes(): call once all are set.
  void Send(size_t table, RowSink* sink);

 private:
  struct Range {
    bool is_null;
    size_t from;
    size_t size;
  };
  std::string bytes_;
  std::vector<Range> ranges_;
  std::vector<std::optional<absl::string_view>> values_;
};

}  // namespace ingot
