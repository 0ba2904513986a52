// What a directory of many names costs before its first entry is known.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <random>

#include "io/directory.h"

namespace ingot {
namespace {

void FillAndSort(benchmark::State& state, const char* format) {
  std::mt19937_64 random(1);
  char name[64];
  for (auto _ : state) {
    io::DirectoryNames names;
    for (int64_t i = 0; i < state.range(0); ++i) {
      std::snprintf(name, sizeof(name), format, static_cast<unsigned long long>(random()));
      names.Add(name, 8);
    }
    names.SortByName();
    benchmark::DoNotOptimize(names[0].data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_SortUuids(benchmark::State& state) { FillAndSort(state, "%016llx-4d2f-9a11.bin"); }
BENCHMARK(BM_SortUuids)->Arg(1000)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

void BM_SortNumbered(benchmark::State& state) { FillAndSort(state, "scanned-page-%020llu.tiff"); }
BENCHMARK(BM_SortNumbered)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ingot
