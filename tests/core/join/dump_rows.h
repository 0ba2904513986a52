// Reading a dump's rows as lines, for tests.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/join/dump_reader.h"

namespace ingot {

// "table|value|value": NULL is "~", bytes that are not printable are escaped as in C.
class RowLines : public RowSink {
 public:
  void Row(size_t table, RowValues values) override {
    std::string line = absl::StrCat(table);
    for (const std::optional<absl::string_view>& value : values)
      absl::StrAppend(&line, "|", value.has_value() ? absl::CEscape(*value) : "~");
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;
};

struct ReadDump {
  std::vector<std::string> rows;
  absl::Status status;
  std::vector<bool> has_table;
};

// Feeds pieces of `piece` bytes after a first one of `first`.
inline ReadDump ReadRows(std::optional<DumpDialect> dialect, const std::vector<WantedTable>& wanted,
                         absl::string_view dump, size_t first, size_t piece) {
  RowLines lines;
  DumpReader reader(dialect, wanted, &lines);
  // A copy on its own, so that a sanitizer sees a look behind its end.
  const auto feed = [&](absl::string_view part) {
    const std::vector<char> copy(part.begin(), part.end());
    reader.Feed(copy);
  };
  feed(dump.substr(0, first));
  dump.remove_prefix(std::min(first, dump.size()));
  for (; !dump.empty(); dump.remove_prefix(std::min(piece, dump.size())))
    feed(dump.substr(0, piece));
  ReadDump result;
  result.status = reader.Finish();
  result.rows = std::move(lines.lines);
  for (size_t i = 0; i < wanted.size(); ++i) result.has_table.push_back(reader.HasTable(i));
  return result;
}

inline ReadDump ReadRows(std::optional<DumpDialect> dialect, const std::vector<WantedTable>& wanted,
                         absl::string_view dump) {
  return ReadRows(dialect, wanted, dump, dump.size(), 1);
}

// The same for every cut into two and for pieces of a few sizes; empty when so, else the cut.
inline std::string DifferenceByCuts(std::optional<DumpDialect> dialect,
                                    const std::vector<WantedTable>& wanted,
                                    absl::string_view dump) {
  const ReadDump whole = ReadRows(dialect, wanted, dump);
  const auto is_same = [&](const ReadDump& read) {
    return read.rows == whole.rows && read.status.ok() == whole.status.ok();
  };
  for (size_t cut = 0; cut < dump.size(); ++cut)
    if (!is_same(ReadRows(dialect, wanted, dump, cut, dump.size())))
      return absl::StrCat("cut at ", cut);
  for (const size_t piece : {1, 2, 3, 5, 7, 64})
    if (!is_same(ReadRows(dialect, wanted, dump, 0, piece)))
      return absl::StrCat("pieces of ", piece);
  return "";
}

}  // namespace ingot
