// The limits of a child's silence while somebody sets the time of day.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "io/clock.h"
#include "io/process.h"
#include "tests/testing.h"

namespace {

std::atomic<time_t> step_seconds{0};

}  // namespace

// In place of the C library's, for this binary.
extern "C" int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += step_seconds.load();
  return static_cast<int>(result);
}

namespace ingot::io {
namespace {

constexpr time_t kHour = 3600;

// Of some seconds: where absl::Now counts cycles, it looks at the system's clock every two.
class ProcessClockTest : public testing::Test {
 protected:
  ~ProcessClockTest() override {
    if (step_.joinable()) step_.join();
    step_seconds = 0;
  }
  void StepSoon(time_t seconds) {
    step_ = std::thread([seconds] {
      absl::SleepFor(absl::Milliseconds(500));  // by then all that is waited for has begun
      step_seconds = seconds;
    });
  }
  static ProcessOptions Bash(const std::string& command) { return {{"bash", "-c", command}}; }

 private:
  std::thread step_;
};

TEST_F(ProcessClockTest, TheTestCanStepTheTimeOfDay) {
  const int64_t before = WallClock().seconds;
  step_seconds = kHour;
  EXPECT_GE(WallClock().seconds, before + kHour);
}

TEST_F(ProcessClockTest, AStepForwardEndsNobody) {
  ProcessOptions options = Bash("sleep 3; echo end");
  options.silence_max = absl::Minutes(30);
  StepSoon(kHour);
  const auto result = RunAndCapture(options, 100);
  ASSERT_OK(result);
  EXPECT_EQ(result->second, "end\n");
}

TEST_F(ProcessClockTest, AStepForwardCutsNoOutputOfWhatWasLeftBehind) {
  StepSoon(kHour);
  const auto result = RunAndCapture(Bash("(sleep 3; echo more) & echo some"), 100);
  ASSERT_OK(result);
  EXPECT_EQ(result->second, "some\nmore\n");
}

TEST_F(ProcessClockTest, AStepBackKeepsTheLimit) {
  ProcessOptions options = Bash("sleep 7");
  options.silence_max = absl::Seconds(3);
  StepSoon(-kHour);
  EXPECT_TRUE(absl::IsDeadlineExceeded(RunAndCapture(options, 100).status()));
}

}  // namespace
}  // namespace ingot::io
