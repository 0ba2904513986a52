// The raw bytes of index blocks and of the root, behind their compression and hashes: what is
// accepted encodes to bytes that mean the same again.
#include "core/format/front_coding.h"
#include "core/format/index.h"
#include "core/format/index_columns.h"
#include "core/format/index_frame.h"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {
namespace {

constexpr size_t kStringBytesMax = size_t{1} << 20;

void TryBlock(FuzzInput input) {
  const size_t count = 1 + input.Number(2) % kIndexBlockEntriesMax;
  const absl::StatusOr<std::vector<IndexEntry>> entries = DecodeIndexColumns(input.Rest(), count);
  if (!entries.ok()) return;
  for (const IndexEntry& entry : *entries) INGOT_CHECK(IndexEntryProblem(entry) == nullptr);
  const absl::StatusOr<std::vector<IndexEntry>> again =
      DecodeIndexColumns(EncodeIndexColumns(*entries), count);
  INGOT_CHECK(again.ok() && *again == *entries);
}

void TryRoot(FuzzInput input) {
  const uint32_t count = static_cast<uint32_t>(input.Number(2));
  const absl::string_view raw = input.Rest();
  if (raw.empty()) return;
  static FrameCompressor compressor(1);
  const absl::StatusOr<std::string> frame =
      SealIndexFrame(IndexFrameKind::kRoot, raw, count, &compressor);
  INGOT_CHECK(frame.ok());
  const absl::StatusOr<IndexRoot> root = ParseIndexRoot(*frame);
  if (!root.ok()) return;
  const absl::StatusOr<std::string> encoded = EncodeIndexRoot(*root);
  INGOT_CHECK(encoded.ok());
  const absl::StatusOr<IndexRoot> again = ParseIndexRoot(*encoded);
  INGOT_CHECK(again.ok() && *again == *root);
}

void TryFrontCoding(FuzzInput input) {
  const size_t count = input.Number(1);
  ByteReader reader(SpanOf(input.Rest()));
  const std::vector<std::string> texts = ReadFrontCoded(count, kStringBytesMax, &reader);
  if (!reader.ok()) return;
  INGOT_CHECK(texts.size() == count);
  FrontCoder coder;
  size_t bytes = 0;
  for (const std::string& text : texts) {
    coder.Add(text);
    bytes += text.size();
  }
  INGOT_CHECK(bytes <= kStringBytesMax);
  std::string encoded;
  coder.AppendTo(&encoded);
  ByteReader again(encoded);
  INGOT_CHECK(ReadFrontCoded(count, kStringBytesMax, &again) == texts && again.AtEnd());
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  switch (input.Choice(3)) {
    case 0:
      TryBlock(input);
      break;
    case 1:
      TryRoot(input);
      break;
    default:
      TryFrontCoding(input);
  }
  return 0;
}
