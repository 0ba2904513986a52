#include "core/format/bytes.h"

namespace ingot {

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

uint64_t ByteReader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const uint64_t byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    const bool overflows = shift == 63 && byte > 1;
    const bool padded = byte == 0 && shift > 0;
    if (overflows || padded) break;
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  Fail();
  return 0;
}

uint64_t ByteReader::VarintUpTo(uint64_t max) {
  const uint64_t value = Varint();
  if (value <= max) return value;
  Fail();
  return 0;
}

absl::string_view ByteReader::Bytes(uint64_t count) {
  if (!ok_ || count > rest_.size()) {
    Fail();
    return {};
  }
  const absl::string_view bytes = rest_.substr(0, static_cast<size_t>(count));
  rest_.remove_prefix(static_cast<size_t>(count));
  return bytes;
}

}  // namespace ingot
