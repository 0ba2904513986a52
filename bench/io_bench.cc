// The two I/O engines side by side: opening and reading many small files, and writing one large
// file at depth. The directory is $TMPDIR's or /tmp; what is read is cached.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "io/aligned_buffer.h"
#include "io/engine.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

constexpr int kFiles = 256;
constexpr uint64_t kFileBytes = 16'384;
constexpr uint64_t kOutputBytes = uint64_t{256} << 20;
constexpr const char* kEngines[] = {"posix", "uring"};

std::unique_ptr<io::Engine> EngineOf(benchmark::State& state) {
  state.SetLabel(kEngines[state.range(0)]);
  if (state.range(0) == 0) return io::NewPosixEngine();
  absl::StatusOr<std::unique_ptr<io::Engine>> engine = io::NewUringEngine();
  return engine.ok() ? *std::move(engine) : nullptr;
}

void BM_OpenAndRead(benchmark::State& state) {
  const std::unique_ptr<io::Engine> engine = EngineOf(state);
  if (engine == nullptr) return state.SkipWithError("no ring can be set up here");
  const fs::path directory = fs::temp_directory_path() / "ingot_io_bench";
  fs::create_directories(directory);
  const absl::Cleanup remove = [&directory] { fs::remove_all(directory); };
  std::vector<std::string> names;
  for (int i = 0; i < kFiles; ++i) {
    names.push_back(directory / absl::StrCat(i));
    std::ofstream(names.back()) << std::string(kFileBytes, 'x');
  }
  const std::unique_ptr<io::BatchReader> reader = *engine->NewBatchReader();
  std::vector<char> out(kFiles * kFileBytes);
  for (auto _ : state) {
    std::vector<io::OpenRequest> opens(kFiles);
    std::vector<io::ReadRequest> reads(kFiles);
    for (int i = 0; i < kFiles; ++i)
      opens[i] = {
          .directory_fd = AT_FDCWD, .name = names[i].c_str(), .flags = io::kReadSourceFlags};
    reader->Open(absl::MakeSpan(opens));
    for (int i = 0; i < kFiles; ++i)
      reads[i] = {.fd = opens[i].result, .data = &out[i * kFileBytes], .length = kFileBytes};
    reader->Read(absl::MakeSpan(reads));
    for (int i = 0; i < kFiles; ++i) {
      if (reads[i].result != kFileBytes) return state.SkipWithError("cannot read");
      close(opens[i].result);
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kFiles));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kFiles * kFileBytes));
}
BENCHMARK(BM_OpenAndRead)->DenseRange(0, 1)->UseRealTime()->Unit(benchmark::kMicrosecond);

// Blocks are allocated before; arguments: engine, bytes of one write, depth.
void BM_Write(benchmark::State& state) {
  const std::unique_ptr<io::Engine> engine = EngineOf(state);
  if (engine == nullptr) return state.SkipWithError("no ring can be set up here");
  const std::string path = fs::temp_directory_path() / "ingot_write_bench";
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_DIRECT, 0600);
  if (fd < 0) fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const absl::Cleanup remove = [&] {
    close(fd);
    unlink(path.c_str());
  };
  if (fd < 0 || posix_fallocate(fd, 0, kOutputBytes) != 0)
    return state.SkipWithError("cannot make a file");
  const uint64_t chunk_bytes = static_cast<uint64_t>(state.range(1)) << 20;
  const io::AlignedBuffer chunk(chunk_bytes);
  absl::StatusOr<std::unique_ptr<io::WriteQueue>> queue =
      engine->NewWriteQueue(fd, path, static_cast<int>(state.range(2)));
  if (!queue.ok()) return state.SkipWithError("no write queue");
  for (auto _ : state) {
    for (uint64_t offset = 0; offset < kOutputBytes; offset += chunk_bytes) {
      (*queue)->Submit(absl::MakeSpan(chunk.data(), chunk_bytes), offset, [](absl::Status status) {
        if (!status.ok()) std::abort();
      });
    }
    (*queue)->Drain();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kOutputBytes));
}
BENCHMARK(BM_Write)
    ->ArgsProduct({{0, 1}, {1, 4, 8}, {1, 4, 8, 16}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ingot
