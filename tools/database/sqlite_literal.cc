#include "tools/database/sqlite_literal.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "io/status.h"

namespace ingot::tools {
namespace {

constexpr double kExactIntegerMax = 9007199254740992.0;  // 2^53
constexpr int kMantissaBits = 53;
constexpr int kFactorBits = 62;
constexpr char kFactor[] = "4611686018427387904.0";  // 2^62

// The value as a whole number times or through powers of two: every step is exact.
std::string ExactReal(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  exponent -= kMantissaBits;
  std::string text = absl::StrCat(value < 0 ? "(-" : "(",
                                  static_cast<int64_t>(std::ldexp(fraction, kMantissaBits)), ".0");
  const char* operation = exponent < 0 ? "/" : "*";
  int bits = std::abs(exponent);
  for (; bits >= kFactorBits; bits -= kFactorBits) absl::StrAppend(&text, operation, kFactor);
  if (bits > 0) absl::StrAppend(&text, operation, int64_t{1} << bits, ".0");
  return absl::StrCat(text, ")");
}

std::string ShortestReal(double value) {
  char buffer[40];
  const std::to_chars_result result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  std::string text(buffer, result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";  // or it is an integer
  return text;
}

// What stands for the byte: begins with a character that is nowhere else in it, so no match can
// overlap another, and is not in the text.
std::string UnusedMarker(absl::string_view text, char letter) {
  std::string marker = {'\\', letter};
  for (int i = 0; absl::StrContains(text, marker); ++i)
    marker = absl::StrCat("(\\", std::string(1, letter), i, ")");
  return marker;
}

void AppendHex(absl::string_view bytes, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : bytes) {
    out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    out->push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
}

}  // namespace

std::string QuoteIdentifier(absl::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

std::string QuoteText(absl::string_view text) {
  LiteralWriter writer(nullptr);
  writer.BeginText(text);
  std::string literal;
  while (writer.Continue(&literal)) {
  }
  return literal;
}

absl::StatusOr<LiteralWriter> LiteralWriter::Make(SqliteConnection* connection) {
  INGOT_ASSIGN_OR_RETURN(SqliteStatement cast, connection->Prepare("SELECT CAST(?1 AS REAL)"));
  return LiteralWriter(std::make_unique<SqliteStatement>(std::move(cast)));
}

uint64_t LiteralWriter::SqlBytes(const SqliteStatement& statement, int column) {
  switch (statement.Type(column)) {
    case SQLITE_TEXT:
      return statement.Text(column).size() + 2;
    case SQLITE_BLOB:
      return uint64_t{2} * statement.Blob(column).size() + 3;
    default:
      return 24;
  }
}

absl::Status LiteralWriter::Begin(const SqliteStatement& statement, int column) {
  before_.clear();
  after_.clear();
  replaced_.clear();
  rest_ = {};
  is_blob_ = false;
  switch (statement.Type(column)) {
    case SQLITE_INTEGER:
      before_ = absl::StrCat(statement.Integer(column));
      break;
    case SQLITE_FLOAT: {
      INGOT_ASSIGN_OR_RETURN(before_, RealLiteral(statement.Real(column)));
      break;
    }
    case SQLITE_TEXT:
      BeginText(statement.Text(column));
      break;
    case SQLITE_BLOB:
      before_ = "X'";
      rest_ = statement.Blob(column);
      is_blob_ = true;
      after_ = "'";
      break;
    default:
      before_ = "NULL";
  }
  return absl::OkStatus();
}

void LiteralWriter::BeginText(absl::string_view text) {
  static constexpr std::pair<char, char> kReplaced[] = {{'\n', 'n'}, {'\r', 'r'}, {'\0', 'z'}};
  before_.assign(1,
                 '\'');  // GCC 12 warns of an overlap when a literal of one character is assigned
  after_.assign(1, '\'');
  rest_ = text;
  for (const auto& [byte, letter] : kReplaced) {
    if (!absl::StrContains(text, byte)) continue;
    replaced_.emplace_back(byte, UnusedMarker(text, letter));
    before_ = absl::StrCat("replace(", before_);
    absl::StrAppend(&after_, ",'", replaced_.back().second, "',char(", static_cast<int>(byte),
                    "))");
  }
}

bool LiteralWriter::Continue(std::string* out) {
  out->append(before_);
  before_.clear();
  const absl::string_view piece = rest_.substr(0, kLiteralPieceBytes);
  rest_.remove_prefix(piece.size());
  if (is_blob_) {
    AppendHex(piece, out);
  } else {
    size_t copied = 0;
    for (size_t i = 0; i < piece.size(); ++i) {
      const char c = piece[i];
      if (c != '\'' && c != '\n' && c != '\r' && c != '\0') continue;
      out->append(piece.data() + copied, i - copied);
      copied = i + 1;
      if (c == '\'') out->append("''");
      for (const auto& [byte, marker] : replaced_)
        if (c == byte) out->append(marker);
    }
    out->append(piece.data() + copied, piece.size() - copied);
  }
  if (!rest_.empty()) return true;
  out->append(after_);
  after_.clear();
  return false;
}

absl::StatusOr<std::string> LiteralWriter::RealLiteral(double value) {
  if (std::isinf(value)) return std::string(value < 0 ? "-1e999" : "1e999");
  std::string text = ShortestReal(value);
  if (std::fabs(value) <= kExactIntegerMax && value == std::trunc(value)) return text;
  cast_->Reset();
  cast_->BindText(1, text);
  INGOT_ASSIGN_OR_RETURN(const bool has_row, cast_->Step());
  const double read_back = has_row ? cast_->Real(0) : 0;
  return std::bit_cast<uint64_t>(read_back) == std::bit_cast<uint64_t>(value) ? text
                                                                              : ExactReal(value);
}

}  // namespace ingot::tools
