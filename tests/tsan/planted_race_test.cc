// The check of the checker, in the TSan build alone: ThreadSanitizer, through the libraries that
// were built for it, is silent where absl::Mutex, TBB and a WriteQueue are used as they should be,
// and tells of a race planted in each.
#include <sys/mman.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "io/fd.h"
#include "tests/testing.h"

namespace ingot {
namespace {

constexpr int kAdditions = 100;

class PlantedRaceTest : public testing::Test {
 protected:
  void SetUp() override { testing::GTEST_FLAG(death_test_style) = "threadsafe"; }
};

// EXPECT_RACE(statement): ThreadSanitizer ends the process with its exit code and a report.
#define EXPECT_RACE(statement) \
  EXPECT_EXIT(                 \
      {                        \
        statement;             \
        std::exit(0);          \
      },                       \
      testing::ExitedWithCode(66), "WARNING: ThreadSanitizer: data race")

// Two threads add to one number under one mutex; when racing, each under a mutex of its own.
int AddUnderAMutex(bool racing) {
  absl::Mutex mutexes[2];
  int sum = 0;
  const auto add = [&sum](absl::Mutex* mutex) {
    for (int i = 0; i < kAdditions; ++i) {
      absl::MutexLock lock(mutex);
      ++sum;
    }
  };
  std::thread other(add, &mutexes[racing ? 1 : 0]);
  add(&mutexes[0]);
  other.join();
  return sum;
}

// One thread waits until another has made something; when racing, that is made after it was told
// of.
int WaitForAnother(bool racing) {
  absl::Mutex mutex;
  bool made = false;
  int something = 0;
  std::thread maker([&] {
    if (!racing) something = kAdditions;
    {
      absl::MutexLock lock(&mutex);
      made = true;
    }
    if (racing) something = kAdditions;
  });
  {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(&made));
  }
  const int seen = something;
  maker.join();
  return seen;
}

// Two tasks at once, each with a number that was made before it was enqueued; when racing, both
// with the same.
int AddInTasks(bool racing) {
  const tbb::global_control parallelism(tbb::global_control::max_allowed_parallelism, 3);
  tbb::task_arena arena(2, 0);
  absl::Mutex mutex;
  int running = 2;
  std::atomic<int> begun = 0;  // without any ordering: it must not hide the race
  std::vector<int> sums(2, 0);
  for (size_t task = 0; task < 2; ++task) {
    arena.enqueue([&, sum = &sums[racing ? 0 : task]] {
      begun.fetch_add(1, std::memory_order_relaxed);
      while (begun.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
      for (int i = 0; i < kAdditions; ++i) ++*sum;
      absl::MutexLock lock(&mutex);
      --running;
    });
  }
  absl::MutexLock lock(&mutex);
  mutex.Await(absl::Condition(
      +[](int* tasks) { return *tasks == 0; }, &running));
  return sums[0] + sums[1];
}

// The submitting thread and the end of a write count; when racing, without a mutex.
int CountWrites(bool racing) {
  const std::unique_ptr<io::Engine> engine = TestEngine();
  // Without a name: nobody would take it away where a race ends the process.
  const io::Fd file(memfd_create("file", MFD_CLOEXEC));
  const std::unique_ptr<io::WriteQueue> queue = *engine->NewWriteQueue(file.get(), "file", 4);
  absl::Mutex mutex;
  int count = 0;
  const auto add = [&] {
    if (racing) {
      ++count;
    } else {
      absl::MutexLock lock(&mutex);
      ++count;
    }
  };
  std::atomic<bool> ended = false;  // so that both count at once; without any ordering, as above
  std::atomic<bool> added = false;
  queue->Submit("x", 0, [&](const absl::Status& status) {
    ended.store(status.ok(), std::memory_order_relaxed);
    while (!added.load(std::memory_order_relaxed)) std::this_thread::yield();
    add();
  });
  while (!ended.load(std::memory_order_relaxed)) std::this_thread::yield();
  add();
  added.store(true, std::memory_order_relaxed);
  queue->Drain();
  return count;
}

TEST_F(PlantedRaceTest, BesideAMutex) {
  EXPECT_EQ(AddUnderAMutex(false), 2 * kAdditions);
  EXPECT_RACE(AddUnderAMutex(true));
}

TEST_F(PlantedRaceTest, AfterAWait) {
  EXPECT_EQ(WaitForAnother(false), kAdditions);
  EXPECT_RACE(WaitForAnother(true));
}

TEST_F(PlantedRaceTest, InTasks) {
  EXPECT_EQ(AddInTasks(false), 2 * kAdditions);
  EXPECT_RACE(AddInTasks(true));
}

TEST_F(PlantedRaceTest, AtTheEndOfWrites) {
  EXPECT_EQ(CountWrites(false), 2);
  EXPECT_RACE(CountWrites(true));
}

}  // namespace
}  // namespace ingot
