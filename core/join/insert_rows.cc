// The rows of INSERT: StatementReader between VALUES and the end of the statement.
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/join/statement_head.h"
#include "core/join/statement_reader.h"
#include "io/status.h"

namespace ingot {

absl::Status StatementReader::BeginRows() {
  const std::optional<RowsHead> head = ParseInsertHead(head_, dialect_);
  if (!head.has_value())
    return absl::FailedPreconditionError("it has an INSERT that ingot does not know");
  const std::optional<size_t> table = tables_->Find(head->name.table);
  if (!table.has_value()) {
    kind_ = Kind::kOther;
    where_ = Where::kRest;
    lexer_.SkipStatement();
    return absl::OkStatus();
  }
  if (!head->understood || head_is_cut_) {
    return absl::FailedPreconditionError(
        absl::StrCat("its INSERT into ", head->name.table, " is none that ingot knows"));
  }
  INGOT_ASSIGN_OR_RETURN(shape_, tables_->Shape(*table, head->name, head->columns));
  where_ = Where::kRowStart;
  return absl::OkStatus();
}

absl::Status StatementReader::BetweenRows(const SqlToken& token) {
  const bool is_symbol = token.kind == SqlTokenKind::kSymbol;
  if (where_ == Where::kRowStart) {
    if (!is_symbol || token.text != "(") {
      return absl::FailedPreconditionError(
          absl::StrCat("its rows of ", tables_->Name(shape_.table), " do not begin with \"(\""));
    }
    where_ = Where::kRow;
    row_.Begin(tables_->ColumnCount(shape_.table));
    column_ = 0;
    depth_ = 1;
    BeginValue();
  } else if (token.kind == SqlTokenKind::kEnd) {
    where_ = Where::kStart;
  } else if (is_symbol && token.text == ",") {
    where_ = Where::kRowStart;
  } else {
    where_ = Where::kRest;  // ON CONFLICT DO NOTHING, ON DUPLICATE KEY ...
    lexer_.SkipStatement();
  }
  return absl::OkStatus();
}

bool StatementReader::ValueIsWanted() const {
  return column_ < shape_.columns && shape_.wanted[column_] >= 0;
}

void StatementReader::BeginValue() {
  value_size_ = value_bytes_ = 0;
  has_whole_ = false;
  lexer_.KeepStrings(ValueIsWanted());
}

absl::Status StatementReader::RowToken(const SqlToken& token) {
  if (token.kind == SqlTokenKind::kEnd) {
    return absl::FailedPreconditionError(
        absl::StrCat("its INSERT into ", tables_->Name(shape_.table), " ends inside of a row"));
  }
  if (token.kind == SqlTokenKind::kSymbol) {
    const char symbol = token.text[0];
    if (symbol == '(') ++depth_;
    if (symbol == ')' && --depth_ == 0) return RowEnd();
    if (symbol == ',' && depth_ == 1) {
      INGOT_RETURN_IF_ERROR(EndValue());
      ++column_;
      BeginValue();
      return absl::OkStatus();
    }
  }
  return ValueIsWanted() ? AddToValue(token) : absl::OkStatus();
}

absl::Status StatementReader::RowEnd() {
  INGOT_RETURN_IF_ERROR(EndValue());
  if (column_ + 1 != shape_.columns) {
    return absl::FailedPreconditionError(
        absl::StrCat("a row of its table ", tables_->Name(shape_.table), " has ", column_ + 1,
                     " values for ", shape_.columns, " columns"));
  }
  row_.Send(shape_.table, sink_);
  lexer_.KeepStrings(true);
  where_ = Where::kRowEnd;
  return absl::OkStatus();
}

// Nearly every value is one token: that one goes to the row at once, without a copy of its own.
bool StatementReader::IsWholeValue(const SqlToken& token) const {
  if (value_size_ > 0 || token.is_cut) return false;
  if (token.kind == SqlTokenKind::kNumber) return token.text.size() < 2 || token.text[1] < 'A';
  return token.kind == SqlTokenKind::kString && token.prefix == 0 && !token.has_escapes;
}

absl::Status StatementReader::AddToValue(const SqlToken& token) {
  if (IsWholeValue(token) && !has_whole_) {
    has_whole_ = true;
    const size_t from = row_.bytes()->size();
    row_.bytes()->append(token.text.data(), token.text.size());
    row_.SetBytes(shape_.wanted[column_], from);
    return absl::OkStatus();
  }
  if (has_whole_) return UnknownValue();
  value_bytes_ += token.text.size();
  if (token.is_cut || value_size_ == kValueTokensMax || value_bytes_ > kTokenBytesMax) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a value of its table ", tables_->Name(shape_.table), " is longer than ingot reads"));
  }
  if (value_size_ == value_.size()) value_.emplace_back();
  ValueToken& kept = value_[value_size_++];
  kept.kind = token.kind;
  kept.text.assign(token.text.data(), token.text.size());
  kept.quote = token.quote;
  kept.prefix = token.prefix;
  kept.has_escapes = token.has_escapes;
  return absl::OkStatus();
}

absl::Status StatementReader::UnknownValue() const {
  return absl::FailedPreconditionError(
      absl::StrCat("a value of its table ", tables_->Name(shape_.table),
                   " is no number, text or NULL that ingot knows"));
}

absl::Status StatementReader::EndValue() {
  if (!ValueIsWanted() || has_whole_) return absl::OkStatus();
  const size_t from = row_.bytes()->size();
  const ValueKind kind = AppendValue(absl::MakeSpan(value_).subspan(0, value_size_), dialect_,
                                     lexer_.backslash_escapes(), row_.bytes());
  if (kind == ValueKind::kUnknown) return UnknownValue();
  if (kind == ValueKind::kBytes) row_.SetBytes(shape_.wanted[column_], from);
  return absl::OkStatus();
}

}  // namespace ingot
