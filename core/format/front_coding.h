// Columns of strings that begin alike: paths. FORMAT.md, "Index".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/format/bytes.h"

namespace ingot {

// A column of strings, each as how many bytes it shares with the one before it and what follows:
// all shared lengths, all rest lengths, all rests.
class FrontCoder {
 public:
  void Add(absl::string_view text);
  void AppendTo(std::string* out) const;

 private:
  std::string last_, shared_, rest_bytes_, rests_;
};
// Fails the reader when the strings are longer than `bytes_max` all together.
std::vector<std::string> ReadFrontCoded(size_t count, uint64_t bytes_max, ByteReader* reader);

}  // namespace ingot
