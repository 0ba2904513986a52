#include "core/join/wanted_tables.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot {

WantedTables::WantedTables(std::vector<WantedTable> tables)
    : tables_(std::move(tables)), seen_(tables_.size()), created_(tables_.size()) {}

std::optional<size_t> WantedTables::Find(absl::string_view name) const {
  for (size_t i = 0; i < tables_.size(); ++i)
    if (absl::EqualsIgnoreCase(tables_[i].name, name)) return i;
  return std::nullopt;
}

absl::Status WantedTables::See(size_t table, const TableName& name) {
  const std::string& schema = name.schema.empty() ? schema_ : name.schema;
  const std::string place = absl::StrCat(database_, "/", schema);
  if (!seen_[table].has_value()) seen_[table] = place;
  if (*seen_[table] == place) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("it holds more than one table ", tables_[table].name));
}

absl::Status WantedTables::Created(size_t table, const TableName& name,
                                   std::vector<std::string> columns) {
  INGOT_RETURN_IF_ERROR(See(table, name));
  created_[table] = std::move(columns);
  return absl::OkStatus();
}

absl::StatusOr<RowShape> WantedTables::Map(size_t table,
                                           const std::vector<std::string>& columns) const {
  RowShape shape;
  shape.table = table;
  shape.columns = columns.size();
  shape.wanted.assign(columns.size(), -1);
  const std::vector<std::string>& wanted = tables_[table].columns;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto is_wanted = [&](const std::string& column) {
      return absl::EqualsIgnoreCase(column, wanted[i]);
    };
    const auto found = std::find_if(columns.begin(), columns.end(), is_wanted);
    if (found == columns.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("its table ", tables_[table].name, " has no column ", wanted[i]));
    }
    const size_t at = static_cast<size_t>(found - columns.begin());
    shape.wanted[at] = static_cast<int>(i);
    shape.read_columns = std::max(shape.read_columns, at + 1);
  }
  return shape;
}

absl::StatusOr<RowShape> WantedTables::Shape(size_t table, const TableName& name,
                                             const std::vector<std::string>& columns) {
  INGOT_RETURN_IF_ERROR(See(table, name));
  if (!columns.empty()) return Map(table, columns);
  if (created_[table].empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("its rows of ", tables_[table].name,
                     " name no columns, and no CREATE TABLE before them does"));
  }
  return Map(table, created_[table]);
}

void RowBuffer::Begin(size_t columns) {
  bytes_.clear();
  ranges_.assign(columns, {true, 0, 0});
}

void RowBuffer::SetBytes(int place, size_t from) {
  ranges_[static_cast<size_t>(place)] = {false, from, bytes_.size() - from};
}

void RowBuffer::Send(size_t table, RowSink* sink) {
  values_.resize(ranges_.size());
  for (size_t i = 0; i < ranges_.size(); ++i) {
    const Range& range = ranges_[i];
    if (range.is_null) {
      values_[i] = std::nullopt;
    } else {
      values_[i] = absl::string_view(bytes_.data() + range.from, range.size);
    }
  }
  sink->Row(table, values_);
}

}  // namespace ingot
