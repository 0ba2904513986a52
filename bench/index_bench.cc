// What an entry costs in the index, and a lookup its reader.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/container/container.h"
#include "core/create/create.h"
#include "core/format/index.h"
#include "io/spool.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kFiles = 20'000;
constexpr uint64_t kEntries = 100'000;
constexpr uint64_t kSpoolBytes = uint64_t{64} << 20;

std::string NameOf(uint64_t number) { return absl::StrFormat("document-%08d", number); }

IndexEntry EntryOf(uint64_t number) {
  IndexEntry entry;
  entry.path = absl::StrFormat("contentstore/2024/%04d/%04d/0b6cbdd8-2c8a-4d3d-9a43-%012x.bin",
                               number / 10'000, number / 10 % 1000, number);
  entry.mode = 0644;
  entry.mtime = {.seconds = static_cast<int64_t>(1'700'000'000 + number * 60),
                 .nanoseconds = static_cast<uint32_t>(number * 7919 % 1'000'000'000)};
  entry.size = entry.stored_bytes = number * 31 % 100'000;
  entry.frame = number / 100;
  entry.frame_offset = static_cast<uint32_t>(number % 100 * 40'960);
  entry.source_inode = 1'000'000 + number;
  entry.source_device = 2049;
  return entry;
}

void BM_BuildIndex(benchmark::State& state) {
  std::vector<IndexEntry> entries;
  for (uint64_t i = 0; i < kEntries; ++i) entries.push_back(EntryOf(i));
  for (auto _ : state) {
    io::Spool spool("/tmp", kSpoolBytes);
    IndexBuilder builder(&spool);
    for (const IndexEntry& entry : entries) {
      if (!builder.Add(entry).ok()) return state.SkipWithError("an entry is refused");
    }
    if (!builder.Finish({}).ok()) return state.SkipWithError("the index cannot be finished");
    state.counters["bytes/entry"] = static_cast<double>(spool.size()) / kEntries;
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kEntries));
}
BENCHMARK(BM_BuildIndex)->Unit(benchmark::kMillisecond);

void BM_ParseIndexBlock(benchmark::State& state) {
  io::Spool spool("/tmp", kSpoolBytes);
  IndexBuilder builder(&spool);
  for (uint64_t i = 0; i < kIndexBlockEntriesMax; ++i) {
    if (!builder.Add(EntryOf(i)).ok()) return state.SkipWithError("an entry is refused");
  }
  const absl::StatusOr<IndexRoot> root = builder.Finish({});
  if (!root.ok()) return state.SkipWithError("the index cannot be finished");
  const IndexBlockInfo& block = root->blocks[0];
  std::string bytes(block.stored_bytes, '\0');
  if (!spool.Read(0, absl::MakeSpan(bytes)).ok()) return state.SkipWithError("cannot read");
  for (auto _ : state) {
    if (!ParseIndexBlock(bytes, block).ok()) return state.SkipWithError("cannot parse");
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * block.entries));
}
BENCHMARK(BM_ParseIndexBlock)->Unit(benchmark::kMicrosecond);

// In a container of empty files; each lookup in another block, so that none is remembered.
void BM_FindInContainer(benchmark::State& state) {
  const fs::path scratch = fs::temp_directory_path() / "ingot_index_bench";
  const absl::Cleanup remove = [&scratch] { fs::remove_all(scratch); };
  fs::remove_all(scratch);
  fs::create_directories(scratch / "tree");
  for (uint64_t i = 0; i < kFiles; ++i) std::ofstream(scratch / "tree" / NameOf(i));
  CreateOptions options;
  options.output = scratch / "file.tar.zst";
  absl::StatusOr<std::unique_ptr<Creation>> creation = Creation::Begin(options);
  if (!creation.ok() || !(*creation)->AddTree({scratch / "tree", "tree"}).ok() ||
      !(*creation)->Seal(false).ok()) {
    return state.SkipWithError("cannot create a container");
  }
  const absl::StatusOr<std::unique_ptr<Container>> container = Container::Open(options.output);
  if (!container.ok()) return state.SkipWithError("cannot open the container");
  uint64_t number = 0;
  for (auto _ : state) {
    number = (number + 2 * kIndexBlockEntriesMax + 17) % kFiles;
    const absl::StatusOr<std::optional<IndexEntry>> found =
        (*container)->Find("tree/" + NameOf(number));
    if (!found.ok() || !found->has_value()) return state.SkipWithError("not found");
  }
}
BENCHMARK(BM_FindInContainer)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ingot
