#include "core/format/frame.h"

#include <zstd.h>

#include <random>

#include "tests/core/format/hex.h"
#include "tests/testing.h"

namespace ingot {
namespace {

std::string Text(size_t length, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < length) text += "word" + std::to_string(random() % 1000) + " ";
  text.resize(length);
  return text;
}

std::string Noise(size_t length) {
  std::mt19937_64 random(7);
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string Compress(FrameCompressor* compressor, const std::string& content) {
  std::string out(static_cast<size_t>(LabelledFrameBytesMax(content.size())), '\0');
  const absl::StatusOr<size_t> bytes = compressor->Compress(content, absl::MakeSpan(out));
  EXPECT_OK(bytes);
  out.resize(bytes.ok() ? *bytes : 0);
  return out;
}

absl::StatusOr<std::string> Decompress(const std::string& stored, size_t content_bytes) {
  FrameDecompressor decompressor;
  std::string content(content_bytes, '\0');
  const absl::Status status = decompressor.Decompress(stored, absl::MakeSpan(content));
  if (!status.ok()) return status;
  return content;
}

// libzstd itself, with other parameters than ours.
std::string CompressWith(const std::string& content, ZSTD_cParameter parameter, int value) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context, parameter, value);
  std::string out(ZSTD_compressBound(content.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), content.data(), content.size()));
  ZSTD_freeCCtx(context);
  return out;
}

TEST(FrameTest, CompressesAndBack) {
  for (const size_t length : {size_t{1}, size_t{300}, size_t{70'000}, size_t{3'000'000}}) {
    for (const std::string& content : {Text(length, length), Noise(length)}) {
      FrameCompressor compressor(1);
      const std::string stored = Compress(&compressor, content);
      EXPECT_LE(stored.size(), FrameBytesMax(length));
      EXPECT_EQ(ZSTD_getFrameContentSize(stored.data(), stored.size()), length);
      EXPECT_EQ(*Decompress(stored, length), content);
    }
  }
}

// The worst that cuts may do: pieces of the least length, none of which compresses.
TEST(FrameTest, CutsKeepTheContentAndTheBound) {
  for (const int level : {1, 3, 9}) {
    const std::string content = Noise(size_t{2} << 20);
    std::vector<size_t> cuts;
    for (size_t at = kCutBytesMin; at + 1 < content.size(); at += kCutBytesMin) {
      cuts.push_back(at);
      cuts.push_back(at + 1);
    }
    FrameCompressor compressor(level);
    std::string stored(FrameBytesMax(content.size()), '\0');
    const absl::StatusOr<size_t> bytes = compressor.Compress(content, cuts, absl::MakeSpan(stored));
    ASSERT_OK(bytes);
    stored.resize(*bytes);
    EXPECT_GT(stored.size(), content.size() + 3 * cuts.size());  // each piece has its block
    EXPECT_EQ(ZSTD_getFrameContentSize(stored.data(), stored.size()), content.size());
    EXPECT_EQ(*Decompress(stored, content.size()), content);
    EXPECT_EQ(Compress(&compressor, content), Compress(&compressor, content));
  }
}

TEST(FrameTest, SameBytesHoweverUsedTheContextIs) {
  for (const int level : {1, 3, 9}) {
    FrameCompressor used(level);
    for (uint64_t i = 0; i < 8; ++i)
      Compress(&used, Text(100'000 + 50'000 * static_cast<size_t>(i), i));
    FrameCompressor fresh(level);
    const std::string content = Text(1'500'000, 99);
    EXPECT_EQ(HashBytes(Compress(&used, content)).Hex(),
              HashBytes(Compress(&fresh, content)).Hex());
  }
}

TEST(FrameTest, RefusesOtherSizesMoreFramesAndWhatFollows) {
  FrameCompressor compressor(1);
  const std::string stored = Compress(&compressor, Text(5000, 1));
  ASSERT_OK(Decompress(stored, 5000));
  EXPECT_FALSE(Decompress(stored, 4999).ok());
  EXPECT_FALSE(Decompress(stored, 5001).ok());
  EXPECT_FALSE(Decompress(stored + stored, 10'000).ok());
  EXPECT_FALSE(Decompress(stored + stored, 5000).ok());
  EXPECT_FALSE(Decompress(stored + '\0', 5000).ok());
  EXPECT_FALSE(Decompress("", 0).ok());
  EXPECT_FALSE(Decompress(Unhex("5b2a4d1800000000"), 0).ok());  // a skippable frame
}

TEST(FrameTest, RefusesEveryTruncation) {
  FrameCompressor compressor(1);
  const std::string stored = Compress(&compressor, Text(2000, 1));
  for (size_t length = 0; length < stored.size(); ++length) {
    EXPECT_EQ(Decompress(stored.substr(0, length), 2000).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

// A flipped bit may decode to the same content; it never decodes to another, and never crashes.
TEST(FrameTest, NoFlippedBitGivesOtherContent) {
  FrameCompressor compressor(1);
  const std::string content = Text(600, 1);
  std::string stored = Compress(&compressor, content);
  for (size_t bit = 0; bit < stored.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    stored[bit / 8] = static_cast<char>(stored[bit / 8] ^ mask);
    const absl::StatusOr<std::string> result = Decompress(stored, content.size());
    if (result.ok()) {
      EXPECT_EQ(*result, content) << bit;
    }
    stored[bit / 8] = static_cast<char>(stored[bit / 8] ^ mask);
  }
}

TEST(FrameTest, RefusesFramesThatAContainerNeverHas) {
  const std::string content = Text(5000, 1);
  ASSERT_OK(Decompress(CompressWith(content, ZSTD_c_compressionLevel, 5), 5000));
  EXPECT_THAT(Decompress(CompressWith(content, ZSTD_c_checksumFlag, 0), 5000).status().ToString(),
              testing::HasSubstr("checksum"));
  EXPECT_FALSE(Decompress(CompressWith(content, ZSTD_c_contentSizeFlag, 0), 5000).ok());
  std::string dictionary = CompressWith(content, ZSTD_c_compressionLevel, 5);
  dictionary[4] = static_cast<char>(dictionary[4] | 1);
  EXPECT_FALSE(Decompress(dictionary, 5000).ok());
}

TEST(FrameTest, RefusesWindowsOverTheCap) {
  // 5 bytes in a raw block; no single segment, window descriptor, content size of 4 bytes.
  std::string frame = RawFrame("hello");
  frame[4] = static_cast<char>(frame[4] & ~0x20);
  const std::string small = frame.substr(0, 5) + '\x00' + frame.substr(5);
  EXPECT_EQ(*Decompress(small, 5), "hello");
  const std::string at_cap = frame.substr(0, 5) + static_cast<char>(16 << 3) + frame.substr(5);
  EXPECT_EQ(*Decompress(at_cap, 5), "hello");
  const std::string over = frame.substr(0, 5) + static_cast<char>(16 << 3 | 1) + frame.substr(5);
  EXPECT_THAT(Decompress(over, 5).status().ToString(), testing::HasSubstr("window"));
}

TEST(FrameTest, RawFrameGoldenBytes) {
  EXPECT_EQ(Hex(RawFrame("hello")), "28b52ffda40500000029000068656c6c6fa36d9f88");
}

TEST(FrameTest, RawFramesHaveALengthOfTheirOwn) {
  for (const size_t length : {size_t{1}, size_t{255}, size_t{256}, size_t{512}, size_t{65'536}}) {
    const std::string content = Noise(length);
    const std::string frame = RawFrame(content);
    EXPECT_EQ(frame.size(), length + 16);
    EXPECT_LE(frame.size(), FrameBytesMax(length));
    EXPECT_EQ(*Decompress(frame, length), content);
  }
}

TEST(FrameTest, EndOfArchiveGoldenBytes) {
  EXPECT_EQ(Hex(EndOfArchiveFrame()), "28b52ffd64000303200000cdac85f0");
  EXPECT_EQ(*Decompress(std::string(EndOfArchiveFrame()), kEndOfArchiveContentBytes),
            std::string(1024, '\0'));
}

TEST(FrameTest, TheZstdProgramReadsAllKindsOfFrames) {
  ScratchDirectory scratch;
  FrameCompressor compressor(3);
  const std::string text = Text(100'000, 5);
  std::string file = Compress(&compressor, text);
  FrameLabel label;
  label.stored_bytes = static_cast<uint32_t>(file.size());
  label.content_bytes = static_cast<uint32_t>(text.size());
  file.resize(static_cast<size_t>(LabelledFrameBytes(file.size())));
  WriteLabel(label, absl::MakeSpan(file));
  file += RawFrame("raw");
  file += std::string(EndOfArchiveFrame());
  WriteFile(scratch / "file.zst", file);
  const ShellResult result = Shell("zstd -dc " + (scratch / "file.zst"));
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.output, text + "raw" + std::string(1024, '\0'));
}

TEST(FrameTest, ChecksumIsTheFramesLastFourBytes) {
  EXPECT_EQ(FrameChecksum(Unhex("000001020304")), 0x04030201u);
}

absl::StatusOr<FrameExtent> Measure(absl::string_view bytes) {
  return MeasureFrame([bytes](uint64_t offset, absl::Span<char> out) -> absl::Status {
    if (offset + out.size() > bytes.size()) return absl::OutOfRangeError("past the end");
    bytes.copy(out.data(), out.size(), static_cast<size_t>(offset));
    return absl::OkStatus();
  });
}

TEST(FrameTest, IsMeasuredByItsHeaders) {
  FrameCompressor compressor(1);
  for (const std::string& content :
       {std::string("a"), Noise(300'000), Text(1'000'000, 3), std::string(2'000'000, 'r')}) {
    const std::string frame = Compress(&compressor, content);
    for (const std::string& behind : {std::string(20, '\0'), std::string(20, '\xff')}) {
      const absl::StatusOr<FrameExtent> extent = Measure(frame + behind);
      ASSERT_OK(extent);
      EXPECT_EQ(extent->stored_bytes, frame.size());
      EXPECT_EQ(extent->content_bytes, content.size());
    }
    // The errors of whoever reads.
    EXPECT_TRUE(absl::IsOutOfRange(Measure(frame.substr(0, 5)).status()));
  }
  EXPECT_EQ(Measure(RawFrame(Noise(512)) + std::string(20, '\0'))->stored_bytes, 528u);
  EXPECT_TRUE(absl::IsDataLoss(Measure(Noise(1000)).status()));
  EXPECT_TRUE(absl::IsDataLoss(Measure(std::string(1000, '\0')).status()));
  // A block of the reserved type.
  std::string evil = RawFrame(Noise(512));
  evil[9] = static_cast<char>(evil[9] | 6);
  EXPECT_TRUE(absl::IsDataLoss(Measure(evil).status()));
}

}  // namespace
}  // namespace ingot
