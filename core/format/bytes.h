// Numbers in bytes: little-endian fields at fixed places, and varints in a row. FORMAT.md,
// "Notation".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot {

template <typename T>
T LoadLittle(const char* bytes) {
  static_assert(std::is_unsigned_v<T>);
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(
        value | static_cast<T>(static_cast<T>(static_cast<uint8_t>(bytes[i])) << (8 * i)));
  }
  return value;
}

template <typename T>
void StoreLittle(T value, char* out) {
  static_assert(std::is_unsigned_v<T>);
  for (size_t i = 0; i < sizeof(T); ++i)
    out[i] = static_cast<char>(static_cast<uint8_t>(value >> (8 * i)));
}

template <typename T>
void AppendLittle(T value, std::string* out) {
  char bytes[sizeof(T)];
  StoreLittle(value, bytes);
  out->append(bytes, sizeof(T));
}

// LEB128, the shortest form.
void AppendVarint(uint64_t value, std::string* out);

// Small differences of either sign as small numbers: 0, -1, 1, -2 ... as 0, 1, 2, 3 ...
// Differences are taken modulo 2^64, so every pair of values has one.
constexpr uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^ (uint64_t{0} - (difference >> 63));
}
constexpr uint64_t UnZigZag(uint64_t value) { return (value >> 1) ^ (uint64_t{0} - (value & 1)); }

// Reads from bytes that cannot be trusted. After the first read that does not fit everything reads
// as zero or empty, and ok() is false: a decoder reads a whole row and looks at ok() once.
class ByteReader {
 public:
  explicit ByteReader(absl::Span<const char> bytes) : rest_(bytes.data(), bytes.size()) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

  uint64_t Varint();  // fails on a form that is not the shortest
  // A varint of at most `max`; fails on more.
  uint64_t VarintUpTo(uint64_t max);
  template <typename T>
  T Little() {
    const absl::string_view bytes = Bytes(sizeof(T));
    return ok_ ? LoadLittle<T>(bytes.data()) : T{0};
  }
  absl::string_view Bytes(uint64_t count);
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace ingot
