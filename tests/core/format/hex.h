// Bytes as hexadecimal digits, for golden values.
#pragma once

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot {

inline std::string Hex(absl::Span<const char> bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

// Blanks and newlines do not count.
inline std::string Unhex(absl::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  return absl::HexStringToBytes(digits);
}

}  // namespace ingot
