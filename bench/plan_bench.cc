// What it costs to plan a member, and to walk to it.
#include <benchmark/benchmark.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "core/create/plan.h"
#include "core/create/walk.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

constexpr int kEntries = 100'000;
constexpr int kDirectories = 2'000;
constexpr int kFilesInEach = 4;

void BM_Plan(benchmark::State& state) {
  const uint64_t file_bytes = static_cast<uint64_t>(state.range(0));
  const auto directory = std::make_shared<const SourceDirectory>();
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Entry> entries(kEntries);
    for (Entry& entry : entries) {
      entry.parent = directory;
      entry.member_path = "contentstore/2024/11/23/16/27/0b6cbdd8-2c8a-4d3d-9a43-4f1f0e4cb5a1.bin";
      entry.stat.mode = S_IFREG | 0644;
      entry.stat.links = 1;
      entry.stat.size = file_bytes;
    }
    Planner planner(kDefaultFrameBytes);
    std::vector<FramePlan> plans;  // their entries' end is not planning
    state.ResumeTiming();
    for (Entry& entry : entries) {
      if (std::optional<FramePlan> plan = planner.Add(std::move(entry)); plan.has_value())
        plans.push_back(*std::move(plan));
    }
    benchmark::DoNotOptimize(planner.Flush());
    state.PauseTiming();
    plans.clear();
    plans.clear();
    entries.clear();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kEntries));
}
BENCHMARK(BM_Plan)->Arg(2'000)->Arg(200'000)->Unit(benchmark::kMillisecond);

// A hot tree: directories of a few files each, as a content store has them.
void BM_Walk(benchmark::State& state) {
  const fs::path tree = fs::temp_directory_path() / "ingot_walk_bench";
  fs::remove_all(tree);
  const absl::Cleanup remove = [&tree] { fs::remove_all(tree); };
  for (int i = 0; i < kDirectories; ++i) {
    const fs::path directory = tree / absl::StrCat(i % 12) / absl::StrCat(i);
    fs::create_directories(directory);
    for (int file = 0; file < kFilesInEach; ++file)
      std::ofstream(directory / absl::StrCat("0b6cbdd8-2c8a-4d3d-", file));
  }
  int64_t entries = 0;
  for (auto _ : state) {
    Findings findings;
    StageClock clock;
    StageClock consumer_clock;
    StageTimer consumer(&consumer_clock);
    WalkOptions options;
    options.threads = static_cast<int>(state.range(0));
    absl::StatusOr<std::unique_ptr<Walk>> walk = Walk::Begin(
        {.source_path = tree, .member_path = "tree"}, options, &findings, &clock, &consumer);
    if (!walk.ok()) return state.SkipWithError("cannot walk");
    while ((*walk)->Next().has_value()) ++entries;
  }
  state.SetItemsProcessed(entries);
}
BENCHMARK(BM_Walk)->Arg(0)->Arg(2)->Arg(16)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ingot
