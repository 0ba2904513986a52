// zstd frames and labels as they lie in a file. A label gets its right hash first, so that what is
// behind the hash is reached; it has one form.
#include "core/format/bytes.h"
#include "core/format/frame.h"
#include "core/format/index_frame.h"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {
namespace {

constexpr size_t kLabelHashAt = kLabelFixedBytes - 8;
constexpr size_t kContentBytesMax = size_t{4} << 20;  // fuzzed for speed; the format has more

void TryLabel(FuzzInput input) {
  const uint64_t stored_bytes = input.Number(4);
  std::string bytes(input.Rest());
  if (bytes.size() >= kLabelFixedBytes) {
    StoreLittle<uint64_t>(HashBytes64(SpanOf(absl::string_view(bytes).substr(0, kLabelHashAt))),
                          bytes.data() + kLabelHashAt);
    // Most of a label is zeros up to the boundary.
    bytes.resize(LabelledFrameBytes(stored_bytes) - stored_bytes, '\0');
  }
  const absl::StatusOr<FrameLabel> label = ParseLabel(bytes, stored_bytes);
  if (!label.ok()) return;
  std::string again(LabelledFrameBytes(stored_bytes), '\0');
  WriteLabel(*label, absl::MakeSpan(again));
  INGOT_CHECK(again.substr(stored_bytes) == bytes);
}

void TryFrame(FuzzInput input) {
  const size_t content_bytes = std::min<size_t>(input.Number(4), kContentBytesMax);
  const absl::string_view stored = input.Rest();
  static FrameDecompressor decompressor;
  std::string content(content_bytes, '\0');
  if (!decompressor.Decompress(SpanOf(stored), absl::MakeSpan(content)).ok()) return;
  // What a frame says of its content is said by its last bytes, too.
  const std::string raw = content.size() <= kRawFrameContentBytesMax ? RawFrame(content) : "";
  INGOT_CHECK(raw.empty() || FrameChecksum(raw) == FrameChecksum(SpanOf(stored)));
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  switch (input.Choice(3)) {
    case 0:
      TryLabel(input);
      break;
    case 1:
      TryFrame(input);
      break;
    default: {
      const IndexFrameKind kind = input.Flag() ? IndexFrameKind::kBlock : IndexFrameKind::kRoot;
      std::string frame(input.Rest());
      if (frame.size() > kDigestBytes) {
        frame.resize(frame.size() - kDigestBytes);
        AppendDigest(HashBytes(frame), &frame);
      }
      const absl::StatusOr<IndexFrame> opened = OpenIndexFrame(kind, frame, kContentBytesMax);
      INGOT_CHECK(!opened.ok() || !opened->raw.empty());
    }
  }
  return 0;
}
