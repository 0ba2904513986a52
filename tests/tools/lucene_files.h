// The smallest index that is whole.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/testing.h"

namespace ingot {

inline void AppendBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = bytes - 1; i >= 0; --i) out->push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

// What every file of Lucene 4.8 and newer ends with.
inline std::string WithLuceneFooter(std::string bytes) {
  AppendBigEndian(0xC02893E8, 4, &bytes);
  AppendBigEndian(0, 4, &bytes);
  const uint64_t checksum =
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  AppendBigEndian(checksum, 8, &bytes);
  return bytes;
}

inline void AppendLuceneString(const std::string& text, std::string* out) {
  out->push_back(static_cast<char>(text.size()));  // REQUIRES: shorter than 128 bytes
  *out += text;
}

inline std::string LuceneHeader(const std::string& codec, uint64_t version) {
  std::string bytes;
  AppendBigEndian(0x3FD76C17, 4, &bytes);
  AppendLuceneString(codec, &bytes);
  AppendBigEndian(version, 4, &bytes);
  return bytes;
}

// segments_N of Lucene 4.8 without any segment, as an empty core has it; `version` makes one differ
// from another.
inline std::string EmptyLuceneCommit(uint64_t version = 1) {
  std::string bytes = LuceneHeader("segments", 2);
  AppendBigEndian(version, 8, &bytes);
  AppendBigEndian(0, 4, &bytes);  // counter
  AppendBigEndian(0, 4, &bytes);  // segments
  AppendBigEndian(0, 4, &bytes);  // user data
  return WithLuceneFooter(std::move(bytes));
}

inline void MakeSnapshot(const std::string& directory) {
  std::filesystem::create_directories(directory);
  WriteFile(directory + "/segments_1", EmptyLuceneCommit());
}

}  // namespace ingot
