#include "core/join/statement_reader.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/join/statement_head.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kSavedModesMax = 100;
constexpr size_t kWordsBeforeRoutine = 4;  // CREATE OR REPLACE FUNCTION, CREATE TEMP TRIGGER

absl::Status NotKnown(absl::string_view what, absl::string_view table) {
  return absl::FailedPreconditionError(
      absl::StrCat("its ", what, " ", table, " is none that ingot knows"));
}

void Assign(const SqlToken& token, ValueToken* out) {
  out->kind = token.kind;
  out->text.assign(token.text.data(), token.text.size());
  out->quote = token.quote;
  out->prefix = token.prefix;
  out->has_escapes = token.has_escapes;
}

}  // namespace

StatementReader::StatementReader(DumpDialect dialect, WantedTables* tables, RowSink* sink)
    : dialect_(dialect), tables_(tables), sink_(sink), lexer_(dialect), copy_(sink) {}

absl::Status StatementReader::Feed(absl::Span<const char> bytes) {
  const char* cursor = bytes.data();
  const char* const end = cursor + bytes.size();
  SqlToken token;
  while (true) {
    absl::Status status;
    if (copying_) {
      absl::StatusOr<bool> is_end = copy_.Feed(&cursor, end);
      if (is_end.ok() && !*is_end) break;
      status = is_end.status();
      copying_ = false;
    } else if (lexer_.Next(&cursor, end, &token)) {
      status = Token(token);
    } else {
      break;
    }
    if (!status.ok()) {
      const uint64_t at = offset_ + static_cast<uint64_t>(cursor - bytes.data());
      return absl::FailedPreconditionError(
          absl::StrCat(status.message(), " (near its byte ", at, ")"));
    }
  }
  offset_ += bytes.size();
  return absl::OkStatus();
}

absl::Status StatementReader::Finish() {
  if (!copying_) INGOT_RETURN_IF_ERROR(Feed(absl::Span<const char>("\n", 1)));  // ends words, lines
  const bool is_open = where_ != Where::kStart && kind_ != Kind::kOther;
  if (!copying_ && !is_open && lexer_.IsBetweenTokens()) return absl::OkStatus();
  return absl::FailedPreconditionError("it ends in the middle of a statement");
}

absl::Status StatementReader::Token(const SqlToken& token) {
  switch (where_) {
    case Where::kStart:
      return Start(token);
    case Where::kHead:
      return Head(token);
    case Where::kRest:
      if (token.kind == SqlTokenKind::kEnd) where_ = Where::kStart;
      return absl::OkStatus();
    case Where::kRowStart:
    case Where::kRowEnd:
      return BetweenRows(token);
    case Where::kRow:
      return RowToken(token);
    case Where::kDelimiter:
    case Where::kBackslash:
    case Where::kCopyLine:
      return LineToken(token.text);
  }
  return absl::OkStatus();
}

absl::Status StatementReader::Start(const SqlToken& token) {
  static constexpr std::pair<const char*, Kind> kKinds[] = {
      {"INSERT", Kind::kInsert}, {"REPLACE", Kind::kInsert}, {"COPY", Kind::kCopy},
      {"CREATE", Kind::kCreate}, {"SET", Kind::kSet},        {"USE", Kind::kUse}};
  if (token.kind == SqlTokenKind::kEnd) return absl::OkStatus();
  kind_ = Kind::kOther;
  where_ = Where::kRest;
  if (token.kind == SqlTokenKind::kSymbol && token.text == "\\" &&
      dialect_ == DumpDialect::kPostgresql) {
    where_ = Where::kBackslash;
    lexer_.TakeLine();
    return absl::OkStatus();
  }
  if (token.kind != SqlTokenKind::kWord) return absl::OkStatus();
  if (dialect_ == DumpDialect::kMysql && absl::EqualsIgnoreCase(token.text, "DELIMITER")) {
    where_ = Where::kDelimiter;
    lexer_.TakeLine();
    return absl::OkStatus();
  }
  for (const auto& [word, kind] : kKinds)
    if (absl::EqualsIgnoreCase(token.text, word)) kind_ = kind;
  if (kind_ == Kind::kCopy && dialect_ != DumpDialect::kPostgresql) kind_ = Kind::kOther;
  if (kind_ == Kind::kOther) {
    lexer_.SkipStatement();
    return absl::OkStatus();
  }
  where_ = Where::kHead;
  head_.clear();
  head_bytes_ = 0;
  head_is_cut_ = is_routine_ = is_trigger_ = false;
  head_depth_ = body_depth_ = trigger_end_ = 0;
  Collect(token);
  return absl::OkStatus();
}

void StatementReader::Collect(const SqlToken& token) {
  if (head_.size() == kHeadTokensMax || head_bytes_ + token.text.size() > kHeadBytesMax) {
    head_is_cut_ = true;
    return;
  }
  head_bytes_ += token.text.size();
  Assign(token, &head_.emplace_back());
}

absl::Status StatementReader::Head(const SqlToken& token) {
  if (kind_ == Kind::kCreate) FollowBody(token);
  if (EndsStatement(token)) {
    where_ = Where::kStart;
    return HeadEnd();
  }
  if (token.kind == SqlTokenKind::kSymbol) {
    if (token.text == "(") ++head_depth_;
    if (token.text == ")") --head_depth_;
  }
  if (kind_ == Kind::kInsert && token.kind == SqlTokenKind::kWord && head_depth_ == 0) {
    const bool is_values =
        absl::EqualsIgnoreCase(token.text, "VALUES") ||
        (dialect_ == DumpDialect::kMysql && absl::EqualsIgnoreCase(token.text, "VALUE"));
    if (is_values) return BeginRows();
  }
  Collect(token);
  return absl::OkStatus();
}

// Bodies of routines and triggers hold semicolons of their own.
void StatementReader::FollowBody(const SqlToken& token) {
  const bool is_word = token.kind == SqlTokenKind::kWord;
  const auto is = [&](absl::string_view word) {
    return is_word && absl::EqualsIgnoreCase(token.text, word);
  };
  if (head_.size() < kWordsBeforeRoutine) {
    is_routine_ |= dialect_ == DumpDialect::kPostgresql && (is("FUNCTION") || is("PROCEDURE"));
    is_trigger_ |= dialect_ == DumpDialect::kSqlite && is("TRIGGER");
  }
  if (is_routine_) {
    if (is("BEGIN") || (is("CASE") && body_depth_ > 0)) ++body_depth_;
    if (is("END") && body_depth_ > 0) --body_depth_;
  }
  if (is_trigger_ && token.kind != SqlTokenKind::kEnd)
    trigger_end_ = trigger_end_ == 1 && is("END") ? 2 : 0;
}

bool StatementReader::EndsStatement(const SqlToken& token) {
  if (token.kind != SqlTokenKind::kEnd) return false;
  if (kind_ != Kind::kCreate) return true;
  if (is_trigger_) {
    const bool ends = trigger_end_ == 2;
    trigger_end_ = 1;
    return ends;
  }
  if (dialect_ != DumpDialect::kPostgresql) return true;
  return body_depth_ == 0 && head_depth_ <= 0;
}

absl::Status StatementReader::HeadEnd() {
  switch (kind_) {
    case Kind::kInsert: {
      const std::optional<RowsHead> head = ParseInsertHead(head_, dialect_);
      if (!head.has_value() || !tables_->Find(head->name.table).has_value())
        return absl::OkStatus();
      return NotKnown("INSERT into", head->name.table);
    }
    case Kind::kCopy:
      return BeginCopy();
    case Kind::kCreate:
      return CreateTable();
    case Kind::kSet:
      Set();
      return absl::OkStatus();
    case Kind::kUse:
      if (head_.size() > 1) tables_->SetSchema(head_[1].text);
      return absl::OkStatus();
    case Kind::kOther:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status StatementReader::LineToken(absl::string_view line) {
  const Where where = std::exchange(where_, Where::kStart);
  line = absl::StripAsciiWhitespace(line);
  if (where == Where::kCopyLine) {
    if (!line.empty()) return absl::FailedPreconditionError("its COPY has text behind its end");
    copying_ = true;
  } else if (where == Where::kDelimiter && !lexer_.SetDelimiter(line)) {
    return absl::FailedPreconditionError("it has a DELIMITER that ingot does not know");
  } else if (where == Where::kBackslash && absl::StartsWith(line, "connect ")) {
    tables_->SetDatabase(line);
  }
  return absl::OkStatus();
}

absl::Status StatementReader::BeginCopy() {
  const std::optional<RowsHead> head = ParseCopyHead(head_);
  if (!head.has_value())
    return absl::FailedPreconditionError("it has a COPY that ingot does not know");
  if (!head->from_stdin) return absl::OkStatus();
  const std::optional<size_t> table = tables_->Find(head->name.table);
  if (!table.has_value()) {
    copy_.Begin(std::nullopt, 0);
  } else {
    if (!head->understood || head_is_cut_) return NotKnown("COPY of", head->name.table);
    INGOT_ASSIGN_OR_RETURN(RowShape shape, tables_->Shape(*table, head->name, head->columns));
    copy_.Begin(std::move(shape), tables_->ColumnCount(*table));
  }
  where_ = Where::kCopyLine;
  lexer_.TakeLine();
  return absl::OkStatus();
}

absl::Status StatementReader::CreateTable() {
  std::optional<TableHead> head = ParseCreateTable(head_, dialect_);
  if (!head.has_value()) return absl::OkStatus();
  const std::optional<size_t> table = tables_->Find(head->name.table);
  if (!table.has_value()) return absl::OkStatus();
  if (head_is_cut_) return NotKnown("CREATE TABLE of", head->name.table);
  if (head->partitioned) {
    return absl::FailedPreconditionError(
        absl::StrCat("its table ", head->name.table, " is partitioned"));
  }
  return tables_->Created(*table, head->name, std::move(head->columns));
}

// Settings that change how strings and names are to be read.
void StatementReader::Set() {
  for (size_t i = 1; i + 2 < head_.size(); ++i) {
    if (head_[i].kind != SqlTokenKind::kWord || !IsSymbol(head_[i + 1], '=')) continue;
    const std::string name = absl::AsciiStrToLower(head_[i].text);
    const ValueToken& value = head_[i + 2];
    if (dialect_ == DumpDialect::kPostgresql && name == "standard_conforming_strings") {
      lexer_.SetStandardStrings(!absl::EqualsIgnoreCase(value.text, "off"));
    } else if (dialect_ == DumpDialect::kPostgresql && name == "search_path") {
      tables_->SetSchema(value.text);
    } else if (dialect_ == DumpDialect::kMysql) {
      SetSqlMode(name, value);
    }
  }
}

// Dumps set the mode for a trigger or a routine, and set it back to a variable.
void StatementReader::SetSqlMode(const std::string& name, const ValueToken& value) {
  const std::string source = absl::AsciiStrToLower(value.text);
  if (absl::StartsWith(name, "@") && source == "@@sql_mode") {
    if (saved_modes_.size() < kSavedModesMax) saved_modes_[name] = sql_mode_;
    return;
  }
  if (name != "sql_mode" && name != "@@sql_mode") return;
  sql_mode_ = value.text;
  if (value.kind != SqlTokenKind::kString) {
    const auto saved = saved_modes_.find(source);
    sql_mode_ = saved == saved_modes_.end() ? "" : saved->second;
  }
  bool ansi_quotes = false;
  bool backslash_escapes = true;
  for (const absl::string_view word : absl::StrSplit(sql_mode_, ',')) {
    ansi_quotes |=
        absl::EqualsIgnoreCase(word, "ANSI_QUOTES") || absl::EqualsIgnoreCase(word, "ANSI");
    backslash_escapes &= !absl::EqualsIgnoreCase(word, "NO_BACKSLASH_ESCAPES");
  }
  lexer_.SetMode(ansi_quotes, backslash_escapes);
}

}  // namespace ingot
