#include "core/join/sql_literal.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"

namespace ingot {
namespace {

constexpr int kCallsMax = 16;  // replace() in replace()

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Up to `digits_max` digits of `base` at *at, which moves behind them; nullopt without any.
std::optional<uint32_t> TakeDigits(absl::string_view text, size_t digits_max, int base,
                                   size_t* at) {
  uint32_t value = 0;
  size_t digits = 0;
  for (; digits < digits_max && *at < text.size(); ++digits, ++*at) {
    const int digit = HexDigit(text[*at]);
    if (digit < 0 || digit >= base) break;
    value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
  }
  if (digits == 0) return std::nullopt;
  return value;
}

void AppendUtf8(uint32_t code, std::string* out) {
  const auto byte = [out](uint32_t value) { out->push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
  } else {
    byte(0xf0 | (code >> 18 & 7));
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

// The letters that COPY and E'..' share; 0 for others.
char ControlOf(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

// "\101" and "\x41" at *at, behind the backslash. False: it is neither.
bool AppendNumberedByte(absl::string_view text, size_t* at, std::string* out) {
  if (text[*at] >= '0' && text[*at] <= '7') {
    out->push_back(static_cast<char>(*TakeDigits(text, 3, 8, at)));
    return true;
  }
  if (text[*at] != 'x') return false;
  size_t digits = *at + 1;
  const std::optional<uint32_t> value = TakeDigits(text, 2, 16, &digits);
  if (!value.has_value()) return false;
  *at = digits;
  out->push_back(static_cast<char>(*value));
  return true;
}

// What is behind the backslash at *at; false when malformed.
bool AppendPostgresqlEscape(absl::string_view text, size_t* at, std::string* out) {
  if (AppendNumberedByte(text, at, out)) return true;
  const char letter = text[(*at)++];
  if (letter == 'u' || letter == 'U') {
    const size_t digits = letter == 'u' ? 4 : 8;
    const size_t begin = *at;
    const std::optional<uint32_t> code = TakeDigits(text, digits, 16, at);
    if (!code.has_value() || *at - begin != digits) return false;
    AppendUtf8(*code, out);
    return true;
  }
  out->push_back(ControlOf(letter) != '\0' ? ControlOf(letter) : letter);
  return true;
}

void AppendMysqlEscape(char letter, std::string* out) {
  switch (letter) {
    case '0':
      return out->push_back('\0');
    case 'Z':
      return out->push_back('\x1a');
    case '%':
    case '_':  // kept for LIKE
      out->push_back('\\');
      return out->push_back(letter);
    case 'b':
    case 'n':
    case 'r':
    case 't':
      return out->push_back(ControlOf(letter));
    default:
      return out->push_back(letter);
  }
}

// SQLite's unistr(): \XXXX \uXXXX \+XXXXXX \UXXXXXXXX and two backslashes.
bool AppendUnistr(absl::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out->push_back(text[i++]);
      continue;
    }
    if (++i == text.size()) return false;
    if (text[i] == '\\') {
      out->push_back(text[i++]);
      continue;
    }
    size_t digits = 4;
    if (text[i] == '+') digits = 6;
    if (text[i] == 'U') digits = 8;
    if (text[i] == '+' || text[i] == 'u' || text[i] == 'U') ++i;
    const size_t begin = i;
    const std::optional<uint32_t> code = TakeDigits(text, digits, 16, &i);
    if (!code.has_value() || i - begin != digits) return false;
    AppendUtf8(*code, out);
  }
  return true;
}

EscapeRule RuleOf(const ValueToken& token, DumpDialect dialect, bool backslash_escapes) {
  if (token.prefix == 'e') return EscapeRule::kPostgresql;
  if (!backslash_escapes || token.quote == '$') return EscapeRule::kNone;
  if (dialect == DumpDialect::kMysql) return EscapeRule::kMysql;
  return dialect == DumpDialect::kPostgresql ? EscapeRule::kPostgresql : EscapeRule::kNone;
}

// Reads an expression of texts from the front of its tokens.
class TextExpression {
 public:
  explicit TextExpression(absl::Span<const ValueToken> tokens) : tokens_(tokens) {}

  // False: it is nothing that SQLite's dumps hold.
  bool Read(std::string* out) { return Text(0, out) && tokens_.empty(); }

 private:
  bool Take(SqlTokenKind kind, absl::string_view text) {
    if (tokens_.empty() || tokens_.front().kind != kind ||
        !absl::EqualsIgnoreCase(tokens_.front().text, text)) {
      return false;
    }
    tokens_.remove_prefix(1);
    return true;
  }
  bool TakeSymbol(absl::string_view symbol) { return Take(SqlTokenKind::kSymbol, symbol); }

  bool Text(int depth, std::string* out) {
    if (depth > kCallsMax || tokens_.empty()) return false;
    if (tokens_.front().kind == SqlTokenKind::kString && tokens_.front().prefix == 0) {
      const ValueToken& token = tokens_.front();
      SqlToken view;
      view.text = token.text;
      view.quote = token.quote;
      view.has_escapes = token.has_escapes;
      tokens_.remove_prefix(1);
      return AppendQuoted(view, EscapeRule::kNone, out);
    }
    if (Take(SqlTokenKind::kWord, "char")) return Char(out);
    if (Take(SqlTokenKind::kWord, "unistr")) {
      std::string text;
      return TakeSymbol("(") && Text(depth + 1, &text) && TakeSymbol(")") &&
             AppendUnistr(text, out);
    }
    return Take(SqlTokenKind::kWord, "replace") && Replace(depth, out);
  }

  bool Char(std::string* out) {
    uint32_t code = 0;
    if (!TakeSymbol("(") || tokens_.empty() || !absl::SimpleAtoi(tokens_.front().text, &code))
      return false;
    tokens_.remove_prefix(1);
    AppendUtf8(code, out);
    return TakeSymbol(")");
  }

  bool Replace(int depth, std::string* out) {
    std::string text;
    std::string from;
    std::string to;
    if (!TakeSymbol("(") || !Text(depth + 1, &text) || !TakeSymbol(",") ||
        !Text(depth + 1, &from) || !TakeSymbol(",") || !Text(depth + 1, &to) || !TakeSymbol(")")) {
      return false;
    }
    // What replaces is a byte at most, so the text cannot grow.
    if (from.empty() || to.size() > 1) return false;
    out->append(absl::StrReplaceAll(text, {{from, to}}));
    return true;
  }

  absl::Span<const ValueToken> tokens_;
};

ValueKind OneToken(const ValueToken& token, DumpDialect dialect, bool backslash_escapes,
                   std::string* out) {
  const auto bytes_if = [](bool good) { return good ? ValueKind::kBytes : ValueKind::kUnknown; };
  switch (token.kind) {
    case SqlTokenKind::kNumber:
      if (absl::StartsWithIgnoreCase(token.text, "0x"))
        return bytes_if(AppendHexBytes(absl::string_view(token.text).substr(2), out));
      out->append(token.text);
      return ValueKind::kBytes;
    case SqlTokenKind::kWord:
      if (absl::EqualsIgnoreCase(token.text, "NULL")) return ValueKind::kNull;
      if (!absl::EqualsIgnoreCase(token.text, "TRUE") &&
          !absl::EqualsIgnoreCase(token.text, "FALSE")) {
        return ValueKind::kUnknown;
      }
      out->append(token.text);
      return ValueKind::kBytes;
    case SqlTokenKind::kString: {
      if (token.prefix == 'x') return bytes_if(AppendHexBytes(token.text, out));
      if (token.prefix == 'b') return ValueKind::kUnknown;
      SqlToken view;
      view.text = token.text;
      view.quote = token.quote;
      view.has_escapes = token.has_escapes;
      return bytes_if(AppendQuoted(view, RuleOf(token, dialect, backslash_escapes), out));
    }
    default:
      return ValueKind::kUnknown;
  }
}

}  // namespace

bool AppendHexBytes(absl::string_view digits, std::string* out) {
  if (digits.size() % 2 != 0) return false;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = HexDigit(digits[i]);
    const int low = HexDigit(digits[i + 1]);
    if (high < 0 || low < 0) return false;
    out->push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

bool AppendQuoted(const SqlToken& token, EscapeRule rule, std::string* out) {
  const absl::string_view text = token.text;
  if (!token.has_escapes || token.quote == '$') {
    out->append(text.data(), text.size());
    return true;
  }
  for (size_t i = 0; i < text.size();) {
    const char c = text[i++];
    if (c == token.quote) {  // doubled, or the lexer would have ended there
      out->push_back(c);
      ++i;
    } else if (c != '\\' || rule == EscapeRule::kNone) {
      out->push_back(c);
    } else if (i == text.size()) {
      return false;
    } else if (rule == EscapeRule::kMysql) {
      AppendMysqlEscape(text[i++], out);
    } else if (!AppendPostgresqlEscape(text, &i, out)) {
      return false;
    }
  }
  return true;
}

void AppendCopyField(absl::string_view field, std::string* out) {
  for (size_t i = 0; i < field.size();) {
    const char c = field[i++];
    if (c != '\\' || i == field.size()) {
      out->push_back(c);
    } else if (!AppendNumberedByte(field, &i, out)) {
      const char letter = field[i++];
      const char control = letter == 'v' ? '\v' : ControlOf(letter);
      out->push_back(control != '\0' ? control : letter);
    }
  }
}

ValueKind AppendValue(absl::Span<const ValueToken> tokens, DumpDialect dialect,
                      bool backslash_escapes, std::string* out) {
  if (tokens.empty()) return ValueKind::kUnknown;
  const ValueToken& first = tokens.front();
  if (tokens.size() == 1) return OneToken(first, dialect, backslash_escapes, out);
  const bool is_charset =
      first.kind == SqlTokenKind::kWord && first.text[0] == '_' && dialect == DumpDialect::kMysql;
  if (tokens.size() == 2 && is_charset) return OneToken(tokens[1], dialect, backslash_escapes, out);
  const bool is_signed = first.kind == SqlTokenKind::kSymbol &&
                         (first.text == "-" || first.text == "+") &&
                         tokens[1].kind == SqlTokenKind::kNumber;
  if (tokens.size() == 2 && is_signed) {
    if (first.text == "-") out->push_back('-');
    out->append(tokens[1].text);
    return ValueKind::kBytes;
  }
  if (dialect == DumpDialect::kSqlite && TextExpression(tokens).Read(out)) return ValueKind::kBytes;
  return ValueKind::kUnknown;
}

}  // namespace ingot
