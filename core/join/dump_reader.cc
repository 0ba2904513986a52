#include "core/join/dump_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/join/statement_reader.h"
#include "core/join/wanted_tables.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kSniffBytes = 4096;
constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr absl::string_view kCustomFormat = "PGDMP";

// By the first line that only one of them writes.
std::optional<DumpDialect> DialectOfText(absl::string_view text) {
  static constexpr std::pair<const char*, DumpDialect> kMarks[] = {
      {"-- PostgreSQL database", DumpDialect::kPostgresql},
      {"\\restrict ", DumpDialect::kPostgresql},
      {"-- MySQL dump", DumpDialect::kMysql},
      {"-- MariaDB dump", DumpDialect::kMysql},
      {"/*!", DumpDialect::kMysql},
      {"/*M!", DumpDialect::kMysql},
      {"PRAGMA foreign_keys", DumpDialect::kSqlite}};
  for (const absl::string_view line : absl::StrSplit(text, '\n'))
    for (const auto& [mark, dialect] : kMarks)
      if (absl::StartsWith(line, mark)) return dialect;
  return std::nullopt;
}

}  // namespace

std::optional<DumpDialect> DialectOfVendor(absl::string_view vendor) {
  if (vendor == "postgresql") return DumpDialect::kPostgresql;
  if (vendor == "mysql" || vendor == "mariadb") return DumpDialect::kMysql;
  if (vendor == "sqlite") return DumpDialect::kSqlite;
  return std::nullopt;
}

struct DumpReader::State {
  std::optional<DumpDialect> dialect;
  WantedTables tables;
  RowSink* sink;
  std::string first;  // bytes, until they are enough to tell the dialect
  std::unique_ptr<StatementReader> statements;
  absl::Status status;

  // REQUIRES: `first` is all that there is, or kSniffBytes.
  void Begin() {
    absl::string_view text = first;
    absl::ConsumePrefix(&text, kByteOrderMark);
    if (absl::StartsWith(text, kCustomFormat)) {
      status = absl::FailedPreconditionError("it is in pg_dump's own format, not SQL");
      return;
    }
    if (!dialect.has_value()) dialect = DialectOfText(text);
    if (!dialect.has_value()) {
      status = absl::FailedPreconditionError(
          "it is none of pg_dump, mysqldump, mariadb-dump or sqlite3");
      return;
    }
    statements = std::make_unique<StatementReader>(*dialect, &tables, sink);
    status = statements->Feed(text);
    first = std::string();
  }
};

DumpReader::DumpReader(std::optional<DumpDialect> dialect, std::vector<WantedTable> wanted,
                       RowSink* sink)
    : state_(new State{dialect, WantedTables(std::move(wanted)), sink, "", nullptr,
                       absl::OkStatus()}) {}

DumpReader::~DumpReader() = default;

void DumpReader::Feed(absl::Span<const char> bytes) {
  if (!state_->status.ok()) return;
  if (state_->statements == nullptr) {
    const size_t size = std::min(bytes.size(), kSniffBytes - state_->first.size());
    state_->first.append(bytes.data(), size);
    bytes.remove_prefix(size);
    if (state_->first.size() == kSniffBytes) state_->Begin();
    if (bytes.empty() || !state_->status.ok()) return;
  }
  state_->status = state_->statements->Feed(bytes);
}

absl::Status DumpReader::Finish() {
  if (state_->status.ok() && state_->statements == nullptr) state_->Begin();
  if (state_->status.ok()) state_->status = state_->statements->Finish();
  return state_->status;
}

bool DumpReader::HasTable(size_t table) const { return state_->tables.Has(table); }

}  // namespace ingot
