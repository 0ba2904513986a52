// Stands in for core/join/dump_reader.cc until that lands: knows the SQLite dumps of these tests.
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/join/dump_reader.h"

namespace ingot {

std::optional<DumpDialect> DialectOfVendor(absl::string_view vendor) {
  if (vendor == "sqlite") return DumpDialect::kSqlite;
  return std::nullopt;
}

struct DumpReader::State {
  std::vector<WantedTable> wanted;
  RowSink* sink;
  std::string bytes;
  std::vector<bool> has;
  absl::Status status;
};

DumpReader::DumpReader(std::optional<DumpDialect>, std::vector<WantedTable> wanted, RowSink* sink)
    : state_(std::make_unique<State>()) {
  state_->has.resize(wanted.size());
  state_->wanted = std::move(wanted);
  state_->sink = sink;
}
DumpReader::~DumpReader() = default;

void DumpReader::Feed(absl::Span<const char> bytes) {
  state_->bytes.append(bytes.data(), bytes.size());
}

absl::Status DumpReader::Finish() {
  std::map<std::string, std::vector<std::string>> columns;
  if (!absl::StartsWith(state_->bytes, "PRAGMA")) {
    return absl::FailedPreconditionError("it is no dump that ingot knows");
  }
  for (absl::string_view line : absl::StrSplit(state_->bytes, '\n')) {
    if (absl::ConsumePrefix(&line, "CREATE TABLE ")) {
      const std::string table(line.substr(0, line.find('(')));
      line = line.substr(line.find('(') + 1);
      absl::ConsumeSuffix(&line, ");");
      for (absl::string_view column : absl::StrSplit(line, ',')) {
        column = absl::StripAsciiWhitespace(column);
        columns[table].emplace_back(column.substr(0, column.find(' ')));
      }
    } else if (absl::ConsumePrefix(&line, "INSERT INTO ")) {
      const std::string table(line.substr(0, line.find(" VALUES(")));
      line = line.substr(line.find(" VALUES(") + 8);
      absl::ConsumeSuffix(&line, ");");
      const std::vector<absl::string_view> row = absl::StrSplit(line, ',');
      for (size_t t = 0; t < state_->wanted.size(); ++t) {
        if (state_->wanted[t].name != table) continue;
        std::vector<std::optional<absl::string_view>> values;
        for (const std::string& name : state_->wanted[t].columns) {
          for (size_t c = 0; c < columns[table].size(); ++c) {
            if (columns[table][c] != name) continue;
            absl::string_view value = row[c];
            if (value == "NULL") {
              values.push_back(std::nullopt);
              continue;
            }
            absl::ConsumePrefix(&value, "'");
            absl::ConsumeSuffix(&value, "'");
            values.push_back(value);
          }
        }
        state_->sink->Row(t, values);
      }
    }
  }
  for (size_t t = 0; t < state_->wanted.size(); ++t) {
    state_->has[t] = columns.contains(state_->wanted[t].name);
  }
  return absl::OkStatus();
}

bool DumpReader::HasTable(size_t table) const { return state_->has[table]; }

}  // namespace ingot
