// What a byte of content costs on its way into a frame, and a member its header.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "core/format/digest.h"
#include "core/format/frame.h"
#include "core/format/tar.h"

namespace ingot {
namespace {

constexpr size_t kFrameBytes = size_t{4} << 20;

std::string RandomBytes(size_t count) {
  std::mt19937_64 random(1);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Words: compresses to about a third.
std::string TextBytes(size_t count) {
  std::mt19937_64 random(1);
  std::string bytes;
  while (bytes.size() < count) bytes += "word" + std::to_string(random() % 5000) + " ";
  bytes.resize(count);
  return bytes;
}

void CountBytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kFrameBytes));
}

void BM_HashFrame(benchmark::State& state) {
  const std::string content = RandomBytes(kFrameBytes);
  for (auto _ : state) benchmark::DoNotOptimize(HashBytes(content));
  CountBytes(state);
}
BENCHMARK(BM_HashFrame);

void Press(benchmark::State& state, const std::string& content) {
  FrameCompressor compressor(static_cast<int>(state.range(0)));
  std::vector<char> out(LabelledFrameBytesMax(content.size()));
  for (auto _ : state) {
    absl::StatusOr<size_t> stored = compressor.Compress(content, absl::MakeSpan(out));
    if (!stored.ok()) return state.SkipWithError("cannot compress");
    benchmark::DoNotOptimize(*stored);
  }
  CountBytes(state);
}
void BM_PressText(benchmark::State& state) { Press(state, TextBytes(kFrameBytes)); }
BENCHMARK(BM_PressText)->DenseRange(1, 3);
void BM_PressIncompressible(benchmark::State& state) { Press(state, RandomBytes(kFrameBytes)); }
BENCHMARK(BM_PressIncompressible)->DenseRange(1, 3);

void BM_DecompressText(benchmark::State& state) {
  const std::string content = TextBytes(kFrameBytes);
  std::vector<char> stored(LabelledFrameBytesMax(content.size()));
  stored.resize(*FrameCompressor(1).Compress(content, absl::MakeSpan(stored)));
  FrameDecompressor decompressor;
  std::string out(content.size(), '\0');
  for (auto _ : state) {
    if (!decompressor.Decompress(stored, absl::MakeSpan(out)).ok())
      return state.SkipWithError("cannot decompress");
  }
  CountBytes(state);
}
BENCHMARK(BM_DecompressText);

void BM_EncodeTarHeader(benchmark::State& state) {
  Member member;
  member.path = "contentstore/2024/11/23/16/27/0b6cbdd8-2c8a-4d3d-9a43-4f1f0e4cb5a1.bin";
  member.mode = 0644;
  member.mtime = {.seconds = 1700000000, .nanoseconds = 123456789};
  member.size = 12345;
  std::string header;
  for (auto _ : state) {
    header.clear();
    benchmark::DoNotOptimize(AppendTarHeader(member, &header));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(BM_EncodeTarHeader);

}  // namespace
}  // namespace ingot
