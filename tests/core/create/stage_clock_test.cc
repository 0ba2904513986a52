#include "core/create/stage_clock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "io/clock.h"

namespace ingot {
namespace {

constexpr useconds_t kPauseMicroseconds = 20'000;

void SpendCpu(uint64_t microseconds) {
  const uint64_t end = io::ThreadCpuNanoseconds() + microseconds * 1000;
  while (io::ThreadCpuNanoseconds() < end) {
  }
}

TEST(StageClockTest, EachStateGetsItsTime) {
  StageClock clock;
  clock.SetThreads(3);
  {
    StageTimer timer(&clock);
    SpendCpu(kPauseMicroseconds);
    timer.WaitsForInput();
    usleep(2 * kPauseMicroseconds);
    timer.WaitsForOutput();
    usleep(3 * kPauseMicroseconds);
    timer.Works();
  }
  const StageTimes times = clock.Read();
  EXPECT_EQ(times.threads, 3u);
  EXPECT_GE(times.busy, kPauseMicroseconds);
  EXPECT_GE(times.input_wait, 2 * kPauseMicroseconds);
  EXPECT_GE(times.output_wait, 3 * kPauseMicroseconds);
  EXPECT_GE(times.cpu, kPauseMicroseconds);
}

TEST(StageClockTest, TimersOfOneStageAddUp) {
  StageClock clock;
  for (int i = 0; i < 2; ++i) {
    StageTimer timer(&clock);
    SpendCpu(kPauseMicroseconds);
  }
  EXPECT_GE(clock.Read().cpu, 2 * kPauseMicroseconds);
}

// What is read while a thread waits counts what it had worked before.
TEST(StageClockTest, ACurrentWaitHidesNoWork) {
  StageClock clock;
  StageTimer timer(&clock);
  SpendCpu(kPauseMicroseconds);
  timer.WaitsForOutput();
  EXPECT_GE(clock.Read().cpu, kPauseMicroseconds);
}

}  // namespace
}  // namespace ingot
