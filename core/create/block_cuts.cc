#include "core/create/block_cuts.h"

#include <bitset>
#include <cstdint>

#include "core/format/frame.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kSamples =
    4;  // spread over the bytes: what comes compressed may have a plain head
constexpr size_t kSampleBytes = 128;
// Of 512 random bytes 221 are different, give or take 4 (256 * (1 - (255/256)^512)); of programs
// about 130, of text and base64 less than 90.
constexpr size_t kDifferentBytesMin = 195;
static_assert(kSamples * kSampleBytes <= kCutBytesMin);

}  // namespace

bool LooksIncompressible(absl::Span<const char> bytes) {
  INGOT_CHECK(bytes.size() >= kCutBytesMin);
  const size_t step = (bytes.size() - kSampleBytes) / (kSamples - 1);
  std::bitset<256> seen;
  for (size_t sample = 0; sample < kSamples; ++sample) {
    for (const char byte : bytes.subspan(sample * step, kSampleBytes)) {
      seen.set(static_cast<uint8_t>(byte));
    }
  }
  return seen.count() >= kDifferentBytesMin;
}

std::vector<size_t> BlockCuts(const Frame& frame) {
  std::vector<size_t> cuts;
  for (const FrameMember& member : frame.members) {
    for (const Stretch& stretch : member.content) {
      if (stretch.length < kCutBytesMin) continue;
      const absl::Span<const char> bytes(frame.buffer.data() + stretch.position, stretch.length);
      if (!LooksIncompressible(bytes)) continue;
      if (cuts.empty() || cuts.back() != stretch.position) cuts.push_back(stretch.position);
      cuts.push_back(stretch.position + stretch.length);
    }
  }
  if (!cuts.empty() && cuts.back() == frame.content_bytes) cuts.pop_back();
  return cuts;
}

}  // namespace ingot
