// A fuzzer's bytes, taken apart: numbers, choices and texts in the order in which a target asks for
// them. Past the end everything is zero or empty, so every input means something.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "io/status.h"  // INGOT_CHECK: what a target has to say is an abort

namespace ingot {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  absl::string_view Rest() { return Bytes(rest_.size()); }

  absl::string_view Bytes(size_t count) {
    const absl::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  uint8_t Byte() {
    const absl::string_view bytes = Bytes(1);
    return bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
  }
  uint64_t Number(size_t bytes) {
    uint64_t number = 0;
    for (const char byte : Bytes(bytes)) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }
  // Up to `limit` excluded.
  size_t Choice(size_t limit) { return Byte() % limit; }
  bool Flag() { return (Byte() & 1) != 0; }
  // A byte tells the length.
  std::string Text() { return std::string(Bytes(Byte())); }

 private:
  absl::string_view rest_;
};

inline absl::Span<const char> SpanOf(absl::string_view bytes) {
  return absl::MakeConstSpan(bytes.data(), bytes.size());
}

}  // namespace ingot
