#include "core/json.h"

#include <cstdint>

#include "absl/strings/str_format.h"

namespace ingot {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

bool InRange(absl::string_view bytes, size_t at, uint8_t low, uint8_t high) {
  return at < bytes.size() && static_cast<uint8_t>(bytes[at]) >= low &&
         static_cast<uint8_t>(bytes[at]) <= high;
}

struct Sequence {
  size_t bytes = 0;  // at least 1
  bool valid = false;
};

// What begins at bytes[0]: a whole character, or the longest beginning of one, which is what one
// U+FFFD stands for (Unicode 15, table 3-7 and "maximal subparts"). REQUIRES: !bytes.empty().
Sequence FirstSequence(absl::string_view bytes) {
  const uint8_t first = static_cast<uint8_t>(bytes[0]);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint8_t low =
      0x80;  // of the second byte: no overlong forms, no surrogates, nothing past U+10FFFF
  uint8_t high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (!InRange(bytes, 1, low, high)) return {1, false};
  for (size_t i = 2; i < length; ++i) {
    if (!InRange(bytes, i, 0x80, 0xBF)) return {i, false};
  }
  return {length, true};
}

// REQUIRES: a valid sequence.
uint32_t CodePoint(absl::string_view character) {
  const uint8_t first = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return first;
  uint32_t code = first & (0x7Fu >> character.size());
  for (const char byte : character.substr(1))
    code = code << 6 | (static_cast<uint8_t>(byte) & 0x3F);
  return code;
}

// What a terminal obeys instead of showing it.
bool IsControl(uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return true;
  const bool turns_direction = code == 0x061C || code == 0x200E || code == 0x200F ||
                               (code >= 0x202A && code <= 0x202E) ||
                               (code >= 0x2066 && code <= 0x2069);
  const bool ends_line = code == 0x2028 || code == 0x2029;
  return turns_direction || ends_line;
}

void AppendOctal(absl::string_view bytes, std::string* out) {
  for (const char byte : bytes) absl::StrAppendFormat(out, "\\%03o", static_cast<uint8_t>(byte));
}

}  // namespace

bool IsValidUtf8(absl::string_view bytes) {
  while (!bytes.empty()) {
    const Sequence sequence = FirstSequence(bytes);
    if (!sequence.valid) return false;
    bytes.remove_prefix(sequence.bytes);
  }
  return true;
}

std::string ToUtf8(absl::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Sequence sequence = FirstSequence(bytes);
    if (sequence.valid) {
      text.append(bytes.data(), sequence.bytes);
    } else {
      text.append(kReplacement);
    }
    bytes.remove_prefix(sequence.bytes);
  }
  return text;
}

std::string EscapeForTerminal(absl::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Sequence sequence = FirstSequence(bytes);
    const absl::string_view character = bytes.substr(0, sequence.bytes);
    bytes.remove_prefix(sequence.bytes);
    if (character == "\n") {
      text.append("\\n");
    } else if (character == "\t") {
      text.append("\\t");
    } else if (character == "\\") {
      text.append("\\\\");
    } else if (!sequence.valid || IsControl(CodePoint(character))) {
      AppendOctal(character, &text);
    } else {
      text.append(character.data(), character.size());
    }
  }
  return text;
}

std::string JsonForTerminal(absl::string_view json) {
  std::string text;
  text.reserve(json.size());
  while (!json.empty()) {
    const Sequence sequence = FirstSequence(json);
    const absl::string_view character = json.substr(0, sequence.bytes);
    json.remove_prefix(sequence.bytes);
    const uint32_t code = sequence.valid ? CodePoint(character) : 0;
    // Below U+0020 valid JSON has white space between its tokens alone.
    if (code >= 0x20 && IsControl(code)) {
      absl::StrAppendFormat(&text, "\\u%04x", code);
    } else {
      text.append(character.data(), character.size());
    }
  }
  return text;
}

}  // namespace ingot
