#include "core/container/frame_workers.h"

#include <atomic>
#include <optional>

#include "absl/time/clock.h"
#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

TEST(FrameWorkersTest, TheFirstErrorEndsEverything) {
  ScratchDirectory scratch;
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  const std::unique_ptr<Container> container = OpenBytes(builder.Build(), scratch / "c");
  FrameWorkers workers(*container, 2, 1);
  std::atomic<int> run = 0;
  ASSERT_OK(workers.Submit([](FrameWorker&) { return absl::ResourceExhaustedError("disk full"); }));
  absl::Status status;
  for (int i = 0; i < 100'000 && status.ok(); ++i) {
    status = workers.Submit([&run](FrameWorker&) {
      ++run;
      return absl::OkStatus();
    });
  }
  EXPECT_EQ(status, absl::ResourceExhaustedError("disk full"));
  const int before = run;
  EXPECT_EQ(workers.Submit([&run](FrameWorker&) {
    ++run;
    return absl::OkStatus();
  }),
            absl::ResourceExhaustedError("disk full"));
  EXPECT_EQ(workers.Finish(), absl::ResourceExhaustedError("disk full"));
  EXPECT_LE(run, before + 2);  // those that were under way
}

// Limits are let go when the run has failed, and only then: else tasks would wait for their turns.
class FrameWorkersLimitTest : public testing::Test {
 protected:
  FrameWorkersLimitTest() {
    workers_.emplace(1 << 20, 2, 1, [this] { released_ = true; });
  }
  // A task that ends when the limits are let go, or in vain.
  FrameWorkers::Task Limited() {
    return [this](FrameWorker&) {
      begun_ = true;
      const absl::Time end = absl::Now() + absl::Seconds(20);
      while (!released_ && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
      waited_in_vain_ = !released_;
      return absl::OkStatus();
    };
  }

  std::atomic<bool> begun_ = false;
  std::atomic<bool> released_ = false;
  std::atomic<bool> waited_in_vain_ = false;
  std::optional<FrameWorkers> workers_;
};

TEST_F(FrameWorkersLimitTest, ATaskFails) {
  ASSERT_OK(workers_->Submit(Limited()));
  ASSERT_OK(workers_->Submit([](FrameWorker&) { return absl::ResourceExhaustedError("full"); }));
  EXPECT_FALSE(workers_->Finish().ok());
  EXPECT_FALSE(waited_in_vain_);
}

TEST_F(FrameWorkersLimitTest, WhoeverSubmitsFails) {
  ASSERT_OK(workers_->Submit(Limited()));
  while (!begun_) absl::SleepFor(absl::Milliseconds(1));
  workers_.reset();
  EXPECT_FALSE(waited_in_vain_);
}

TEST_F(FrameWorkersLimitTest, NobodyFails) {
  ASSERT_OK(workers_->Submit([](FrameWorker&) { return absl::OkStatus(); }));
  ASSERT_OK(workers_->Finish());
  workers_.reset();
  EXPECT_FALSE(released_);
}

TEST(FrameWorkersTest, TheLimitOfWhatIsWrittenIsLetGo) {
  struct CountedSleeps : io::RateClock {
    uint64_t Nanoseconds() override { return now; }
    void Sleep(uint64_t nanoseconds) override {
      now += nanoseconds;
      ++sleeps;
    }
    uint64_t now = 0;
    int sleeps = 0;
  };
  ScratchDirectory scratch;
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  const std::unique_ptr<Container> container = OpenBytes(builder.Build(), scratch / "c");
  CountedSleeps clock;
  io::RateLimit limit(1 << 20, &clock);
  { FrameWorkers workers(*container, 2, 1, &limit); }
  limit.Take(1 << 20);
  limit.Take(1 << 20);
  EXPECT_EQ(clock.sleeps, 0);
}

}  // namespace
}  // namespace ingot
