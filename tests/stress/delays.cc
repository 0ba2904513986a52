#include "tests/stress/delays.h"

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

// Of kDelayedStages; the caller's is the program's own name.
constexpr absl::string_view kThreadNames[] = {
    "",           "ingot-walk", "ingot-read", "ingot-press", "ingot-frames", "ingot-write",
    "ingot-rows", "ingot-sync"};
static_assert(std::size(kThreadNames) == kDelayedStages);

// The longest that a stage sleeps; one of these for each, by the seed.
constexpr uint64_t kSleepMicrosecondsMax[] = {10, 100, 500, 2000};

// All relaxed: any order that these made would hide races from ThreadSanitizer. Never destroyed,
// since threads of TBB's may still be on their way out of a border.
struct State {
  std::atomic<bool> on = false;
  std::atomic<uint64_t> seed = 0;
  std::atomic<uint64_t> run = 0;  // number of the Delays; threads of TBB's live through several
  std::atomic<uint64_t> threads =
      0;  // of the run, that have crossed a border: each has random numbers of its own
  std::atomic<uint64_t> interrupt_at = 0;
  std::atomic<uint64_t> crossings = 0;
  std::array<std::atomic<uint64_t>, kDelayedStages> delays = {};
};
State state;

size_t StageOfThisThread() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof(name));
  for (size_t stage = 1; stage < kDelayedStages; ++stage) {
    if (kThreadNames[stage] == name) return stage;
  }
  return 0;
}

void Sleep(size_t stage, std::minstd_rand* random) {
  const uint64_t seed = state.seed.load(std::memory_order_relaxed);
  const uint64_t speed =
      std::minstd_rand(static_cast<uint32_t>(seed * kDelayedStages + stage + 1))() / 7;
  const uint64_t longest = kSleepMicrosecondsMax[speed % std::size(kSleepMicrosecondsMax)];
  const struct timespec time = {.tv_sec = 0,
                                .tv_nsec = static_cast<long>((*random)() % (longest * 1000))};
  nanosleep(&time, nullptr);
}

void CrossBorder() {
  if (!state.on.load(std::memory_order_relaxed)) return;
  const uint64_t crossing = state.crossings.fetch_add(1, std::memory_order_relaxed) + 1;
  if (crossing == state.interrupt_at.load(std::memory_order_relaxed)) io::SetInterrupted(true);
  thread_local uint64_t run = 0;
  thread_local std::minstd_rand random;
  const uint64_t now = state.run.load(std::memory_order_relaxed);
  const bool first = run != now;  // where each thread is held up, as some come to few borders
  if (first) {
    run = now;
    const uint64_t thread = state.threads.fetch_add(1, std::memory_order_relaxed);
    random.seed(
        static_cast<uint32_t>(state.seed.load(std::memory_order_relaxed) * 1000 + thread + 1));
  }
  const uint64_t choice = first ? 1 : random() / 11 % 8;
  if (choice > 1) return;
  const size_t stage = StageOfThisThread();
  state.delays[stage].fetch_add(1, std::memory_order_relaxed);
  if (choice == 0) return std::this_thread::yield();
  Sleep(stage, &random);
}

// The library's function that has the name of ours.
template <typename Result, typename... Arguments>
auto NextOf(Result (absl::Mutex::*own)(Arguments...)) {
  void* address = nullptr;
  std::memcpy(&address, &own,
              sizeof(address));  // of a function that is not virtual: its address, and a zero
  Dl_info info;
  INGOT_CHECK(dladdr(address, &info) != 0 && info.dli_sname != nullptr);
  void* const next = dlsym(RTLD_NEXT, info.dli_sname);
  INGOT_CHECK(next != nullptr);
  return reinterpret_cast<Result (*)(absl::Mutex*, Arguments...)>(next);
}

}  // namespace

Delays::Delays(uint64_t seed, uint64_t interrupt_at) {
  state.seed = seed;
  ++state.run;
  state.threads = 0;
  state.interrupt_at = interrupt_at;
  state.crossings = 0;
  for (std::atomic<uint64_t>& delays : state.delays) delays = 0;
  state.on = true;
}

Delays::~Delays() {
  state.on = false;
  io::SetInterrupted(false);
}

DelayCounts Delays::counts() const {
  DelayCounts counts;
  counts.crossings = state.crossings;
  if (state.interrupt_at > 0 && counts.crossings > state.interrupt_at)
    counts.crossings_after_interruption = counts.crossings - state.interrupt_at;
  for (size_t stage = 0; stage < kDelayedStages; ++stage)
    counts.delays[stage] = state.delays[stage];
  return counts;
}

}  // namespace ingot

// The program's own come before those of a shared library.
namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = ingot::NextOf(&Mutex::Lock);
  ingot::CrossBorder();
  next(this);
}

void Mutex::Unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = ingot::NextOf(&Mutex::Unlock);
  next(this);
  ingot::CrossBorder();
}

void Mutex::Await(const Condition& condition) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = ingot::NextOf<void, const Condition&>(&Mutex::Await);
  next(this, condition);
  ingot::CrossBorder();
}

ABSL_NAMESPACE_END
}  // namespace absl
