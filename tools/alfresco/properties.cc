#include "tools/alfresco/properties.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
bool IsLineEnd(char c) { return c == '\n' || c == '\r'; }
bool IsSeparator(char c) { return c == '=' || c == ':'; }

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)));
  };
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    tail(0);
  } else if (code_point < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Natural lines joined to logical ones. Comments and blank lines are skipped.
class LineReader {
 public:
  explicit LineReader(absl::string_view bytes) : bytes_(bytes) {}

  std::optional<std::string> Next() {
    while (at_ < bytes_.size()) {
      first_line_ = line_;
      SkipBlanks();
      if (at_ < bytes_.size() && (bytes_[at_] == '#' || bytes_[at_] == '!')) {
        SkipComment();
        continue;
      }
      std::string logical;
      while (AppendNatural(&logical)) SkipBlanks();
      if (!logical.empty()) return logical;
    }
    return std::nullopt;
  }

  uint64_t line() const { return first_line_; }  // where the last logical line began

 private:
  void SkipBlanks() {
    while (at_ < bytes_.size() && IsBlank(bytes_[at_])) ++at_;
  }
  void SkipComment() {
    while (at_ < bytes_.size() && !IsLineEnd(bytes_[at_])) ++at_;
    SkipLineEnd();
  }
  void SkipLineEnd() {
    if (at_ >= bytes_.size()) return;
    const bool carriage_return = bytes_[at_++] == '\r';
    if (carriage_return && at_ < bytes_.size() && bytes_[at_] == '\n') ++at_;
    ++line_;
  }
  // Whether the line goes on in the next one: it ends with an odd number of backslashes.
  bool AppendNatural(std::string* logical) {
    bool escaped = false;
    while (at_ < bytes_.size() && !IsLineEnd(bytes_[at_])) {
      escaped = bytes_[at_] == '\\' && !escaped;
      logical->push_back(bytes_[at_++]);
    }
    SkipLineEnd();
    if (escaped) logical->pop_back();
    return escaped && at_ < bytes_.size();
  }

  const absl::string_view bytes_;
  size_t at_ = 0;
  uint64_t line_ = 1;
  uint64_t first_line_ = 1;
};

absl::Status Malformed(uint64_t line) {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line, ": \\u needs four hexadecimal digits"));
}

// The UTF-16 unit behind "\u" at `at`, if there is one.
std::optional<uint32_t> UnicodeEscape(absl::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  uint32_t unit = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    if (!absl::ascii_isxdigit(text[i])) return std::nullopt;
    const char digit = absl::ascii_tolower(text[i]);
    unit = unit * 16 + static_cast<uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return unit;
}

bool IsHighSurrogate(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// Latin-1 with escapes to UTF-8.
absl::StatusOr<std::string> Unescape(absl::string_view text, uint64_t line) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      AppendUtf8(static_cast<uint8_t>(text[at++]), &out);
      continue;
    }
    if (at + 1 == text.size()) break;  // a backslash at the end of the file is dropped
    if (text[at + 1] == 'u') {
      const std::optional<uint32_t> unit = UnicodeEscape(text, at);
      if (!unit.has_value()) return Malformed(line);
      at += 6;
      const std::optional<uint32_t> next = UnicodeEscape(text, at);
      if (IsHighSurrogate(*unit) && next.has_value() && IsLowSurrogate(*next)) {
        AppendUtf8(0x10000 + ((*unit - 0xD800) << 10) + (*next - 0xDC00), &out);
        at += 6;
      } else {
        const bool alone = IsHighSurrogate(*unit) || IsLowSurrogate(*unit);
        AppendUtf8(alone ? kReplacement : *unit, &out);
      }
      continue;
    }
    constexpr absl::string_view kLetters = "tnrf";
    constexpr absl::string_view kMeanings = "\t\n\r\f";
    const char escaped = text[at + 1];
    const size_t known = kLetters.find(escaped);
    AppendUtf8(static_cast<uint8_t>(known == absl::string_view::npos ? escaped : kMeanings[known]),
               &out);
    at += 2;
  }
  return out;
}

bool LooksLikeUtf8(absl::string_view text) {
  const bool beyond_ascii = std::any_of(text.begin(), text.end(), [](char c) { return c < 0; });
  return beyond_ascii && IsValidUtf8(text);
}

// Where the key of a logical line ends.
size_t KeyEnd(absl::string_view line) {
  bool escaped = false;
  for (size_t at = 0; at < line.size(); ++at) {
    if (!escaped && (IsSeparator(line[at]) || IsBlank(line[at]))) return at;
    escaped = line[at] == '\\' && !escaped;
  }
  return line.size();
}

// Behind white space, at most one '=' or ':', and white space again.
size_t ValueBegin(absl::string_view line, size_t at) {
  bool separated = false;
  while (at < line.size()) {
    if (!IsBlank(line[at])) {
      if (separated || !IsSeparator(line[at])) break;
      separated = true;
    }
    ++at;
  }
  return at;
}

class Resolver {
 public:
  explicit Resolver(const std::map<std::string, std::string>& values) : values_(values) {}

  // `depth` counts names within names and values within values alike.
  absl::StatusOr<std::string> Resolve(absl::string_view text, int depth = 0) {
    if (depth > kPlaceholderDepthMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("placeholders are nested more than ", kPlaceholderDepthMax, " deep"));
    }
    std::string out;
    while (true) {
      const size_t open = text.find("${");
      const size_t close = open == absl::string_view::npos ? open : ClosingBrace(text, open + 2);
      if (close == absl::string_view::npos) {
        INGOT_RETURN_IF_ERROR(Append(text, &out));
        return out;
      }
      INGOT_RETURN_IF_ERROR(Append(text.substr(0, open), &out));
      INGOT_ASSIGN_OR_RETURN(const std::string name,
                             Resolve(text.substr(open + 2, close - open - 2), depth + 1));
      INGOT_ASSIGN_OR_RETURN(const std::string value, Value(name, depth + 1));
      INGOT_RETURN_IF_ERROR(Append(value, &out));
      text.remove_prefix(close + 1);
    }
  }

  std::vector<std::string> TakeUnresolved() { return std::move(unresolved_); }

 private:
  static size_t ClosingBrace(absl::string_view text, size_t at) {
    int depth = 1;
    for (; at < text.size(); ++at) {
      if (absl::StartsWith(text.substr(at), "${")) ++depth;
      if (text[at] == '}' && --depth == 0) return at;
    }
    return absl::string_view::npos;
  }

  absl::StatusOr<std::string> Value(const std::string& name, int depth) {
    const auto found = values_.find(name);
    const bool cycle = std::find(open_.begin(), open_.end(), name) != open_.end();
    if (found == values_.end() || cycle) {
      if (std::find(unresolved_.begin(), unresolved_.end(), name) == unresolved_.end()) {
        unresolved_.push_back(name);
      }
      return absl::StrCat("${", name, "}");
    }
    open_.push_back(name);
    absl::StatusOr<std::string> value = Resolve(found->second, depth);
    open_.pop_back();
    return value;
  }

  absl::Status Append(absl::string_view text, std::string* out) {
    work_ += text.size() + 1;
    if (work_ > kResolvedBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the placeholders of one value expand to more than ", kResolvedBytesMax, " bytes"));
    }
    absl::StrAppend(out, text);
    return absl::OkStatus();
  }

  const std::map<std::string, std::string>& values_;
  std::vector<std::string> open_;  // whose values are being resolved
  std::vector<std::string> unresolved_;
  size_t work_ = 0;  // bytes appended anywhere, and one for each piece: what is empty costs, too
};

}  // namespace

absl::StatusOr<Properties> ParseProperties(absl::string_view bytes) {
  if (bytes.size() > kPropertiesBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a properties file of more than ", kPropertiesBytesMax, " bytes"));
  }
  Properties properties;
  LineReader lines(bytes);
  while (std::optional<std::string> line = lines.Next()) {
    const size_t key_end = KeyEnd(*line);
    const absl::string_view text = *line;
    INGOT_ASSIGN_OR_RETURN(std::string key, Unescape(text.substr(0, key_end), lines.line()));
    INGOT_ASSIGN_OR_RETURN(std::string value,
                           Unescape(text.substr(ValueBegin(text, key_end)), lines.line()));
    if (LooksLikeUtf8(text)) properties.utf8_lines.push_back(lines.line());
    properties.values[std::move(key)] = std::move(value);
  }
  return properties;
}

absl::StatusOr<ResolvedValue> ResolvePlaceholders(const std::map<std::string, std::string>& values,
                                                  absl::string_view text) {
  Resolver resolver(values);
  ResolvedValue result;
  INGOT_ASSIGN_OR_RETURN(result.text, resolver.Resolve(text));
  result.unresolved = resolver.TakeUnresolved();
  return result;
}

}  // namespace ingot
