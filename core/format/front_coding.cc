#include "core/format/front_coding.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ingot {

void FrontCoder::Add(absl::string_view text) {
  const size_t limit = std::min(last_.size(), text.size());
  size_t shared = 0;
  while (shared < limit && last_[shared] == text[shared]) ++shared;
  AppendVarint(shared, &shared_);
  AppendVarint(text.size() - shared, &rest_bytes_);
  rests_.append(text.data() + shared, text.size() - shared);
  last_ = std::string(text);
}

void FrontCoder::AppendTo(std::string* out) const {
  absl::StrAppend(out, shared_, rest_bytes_, rests_);
}

std::vector<std::string> ReadFrontCoded(size_t count, uint64_t bytes_max, ByteReader* reader) {
  std::vector<std::pair<uint64_t, uint64_t>> lengths(count);
  for (auto& length : lengths) length.first = reader->VarintUpTo(bytes_max);
  uint64_t bytes = 0;
  for (auto& length : lengths) {
    length.second = reader->VarintUpTo(bytes_max);
    bytes += length.first + length.second;
    if (bytes > bytes_max) reader->Fail();
  }
  std::vector<std::string> texts;
  texts.reserve(count);
  absl::string_view previous;
  for (const auto& [shared, rest_bytes] : lengths) {
    const absl::string_view rest = reader->Bytes(rest_bytes);
    if (shared > previous.size()) reader->Fail();
    if (!reader->ok()) return {};
    texts.push_back(absl::StrCat(previous.substr(0, static_cast<size_t>(shared)), rest));
    previous = texts.back();
  }
  return texts;
}

}  // namespace ingot
