#include "core/create/block_cuts.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "core/format/frame.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Noise(size_t length, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string Text(size_t length) {
  std::mt19937_64 random(2);
  std::string text;
  while (text.size() < length) text += "word" + std::to_string(random() % 1000) + " ";
  text.resize(length);
  return text;
}

std::string Base64(size_t length) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = Noise(length);
  for (char& byte : text) byte = kAlphabet[static_cast<uint8_t>(byte) % 64];
  return text;
}

// A frame whose members are 512 zeros and one of the contents each.
Frame FrameOf(const std::vector<std::string>& contents) {
  Frame frame;
  for (const std::string& content : contents) frame.content_bytes += 512 + content.size();
  frame.buffer = io::AlignedBuffer(frame.content_bytes);
  std::fill_n(frame.buffer.data(), frame.content_bytes, '\0');
  size_t position = 0;
  for (const std::string& content : contents) {
    position += 512;
    std::memcpy(frame.buffer.data() + position, content.data(), content.size());
    FrameMember member;
    if (!content.empty()) member.content.push_back({0, content.size(), position});
    frame.members.push_back(std::move(member));
    position += content.size();
  }
  return frame;
}

TEST(BlockCutsTest, NoiseIsToldFromWhatCompresses) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    EXPECT_TRUE(LooksIncompressible(Noise(kCutBytesMin + seed, seed))) << seed;
  }
  EXPECT_FALSE(LooksIncompressible(Text(100'000)));
  EXPECT_FALSE(LooksIncompressible(Base64(100'000)));
  EXPECT_FALSE(LooksIncompressible(std::string(kCutBytesMin, '\0')));
}

TEST(BlockCutsTest, BlocksEndBeforeAndBehindNoise) {
  const Frame frame = FrameOf({Text(6000), Noise(5000), Text(10), "", Noise(9000), Text(7000)});
  EXPECT_THAT(BlockCuts(frame), ElementsAre(512 + 6000 + 512, 512 + 6000 + 512 + 5000,
                                            6 * 512 - 512 + 6000 + 5000 + 10,
                                            6 * 512 - 512 + 6000 + 5000 + 10 + 9000));
}

TEST(BlockCutsTest, NoneForTextShortNoiseOrNothing) {
  EXPECT_THAT(BlockCuts(FrameOf({})), IsEmpty());
  EXPECT_THAT(BlockCuts(FrameOf({Text(50'000), "", Noise(kCutBytesMin - 1)})), IsEmpty());
}

TEST(BlockCutsTest, NoneAtTheEnd) {
  EXPECT_THAT(BlockCuts(FrameOf({Noise(kCutBytesMin)})), ElementsAre(512));
}

TEST(BlockCutsTest, PiecesOfASparseMemberThatTouchAreCutOnce) {
  Frame frame = FrameOf({Noise(20'000), Text(100)});
  frame.members[0].content = {{0, 10'000, 512}, {50'000, 10'000, 10'512}};
  EXPECT_THAT(BlockCuts(frame), ElementsAre(512, 10'512, 20'512));
}

// What it is for: text between noise compresses as if it stood alone.
TEST(BlockCutsTest, TextBetweenNoiseIsSmallerForIt) {
  std::vector<std::string> contents;
  for (uint64_t i = 0; i < 40; ++i)
    contents.push_back(i % 2 == 0 ? Noise(20'000, i) : Text(20'000));
  const Frame frame = FrameOf(contents);
  const absl::Span<const char> content(frame.buffer.data(), frame.content_bytes);
  std::string out(FrameBytesMax(content.size()), '\0');
  FrameCompressor compressor(1);
  const absl::StatusOr<size_t> plain = compressor.Compress(content, absl::MakeSpan(out));
  const absl::StatusOr<size_t> cut =
      compressor.Compress(content, BlockCuts(frame), absl::MakeSpan(out));
  ASSERT_OK(plain);
  ASSERT_OK(cut);
  EXPECT_LT(*cut, *plain);
}

}  // namespace
}  // namespace ingot
