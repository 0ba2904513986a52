#include "io/rate_limit.h"

#include <atomic>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "io/aligned_buffer.h"
#include "io/interruption.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

constexpr uint64_t kRate = 1'000'000;
constexpr double kRounding = 1e-6;

// Time passes only while somebody sleeps.
class FakeClock : public RateClock {
 public:
  uint64_t Nanoseconds() override { return now_; }
  void Sleep(uint64_t nanoseconds) override {
    now_ += nanoseconds + oversleep;
    if (on_sleep) on_sleep();
  }
  void Pass(double seconds) { now_ += static_cast<uint64_t>(seconds * 1e9); }
  double Seconds() const { return static_cast<double>(now_ - kBegin) / 1e9; }

  uint64_t oversleep = 0;
  std::function<void()> on_sleep;

 private:
  static constexpr uint64_t kBegin = 5'000'000'000;
  std::atomic<uint64_t> now_{kBegin};
};

TEST(RateLimitTest, BytesTakeTheirTime) {
  FakeClock clock;
  RateLimit limit(kRate, &clock);
  for (int i = 0; i < 1000; ++i) limit.Take(10'000);
  // The last one begins when all before it are paid for.
  EXPECT_LE(clock.Seconds(), 10.0 + kRounding * 1000);
  EXPECT_GE(clock.Seconds(), 10.0 - RateLimit::kBurstSeconds - 0.01 - kRounding);
}

TEST(RateLimitTest, SmallAndLargeBytesCostTheSame) {
  FakeClock small_clock;
  RateLimit small(kRate, &small_clock);
  for (int i = 0; i < 100'000; ++i) small.Take(100);
  FakeClock large_clock;
  RateLimit large(kRate, &large_clock);
  for (int i = 0; i < 10; ++i) large.Take(1'000'000);
  large.Take(0);
  EXPECT_NEAR(small_clock.Seconds(), large_clock.Seconds(), 0.001);
}

TEST(RateLimitTest, WhatIsOversleptIsNotLost) {
  FakeClock clock;
  clock.oversleep = 7'000'000;
  RateLimit limit(kRate, &clock);
  for (int i = 0; i < 1000; ++i) limit.Take(10'000);
  EXPECT_NEAR(clock.Seconds(), 10.0, RateLimit::kBurstSeconds + 0.02);
}

TEST(RateLimitTest, IdleTimeIsNotSavedUpForABurst) {
  FakeClock clock;
  RateLimit limit(kRate, &clock);
  limit.Take(1);
  clock.Pass(3600);
  const double begin = clock.Seconds();
  uint64_t taken = 0;
  while (clock.Seconds() < begin + 1) {
    limit.Take(10'000);
    taken += 10'000;
  }
  EXPECT_LE(taken, kRate * (1 + RateLimit::kBurstSeconds) + 2 * 10'000);
  EXPECT_GE(taken, kRate);
}

TEST(RateLimitTest, ThreadsShareIt) {
  constexpr int kThreads = 8;
  FakeClock clock;
  RateLimit limit(kRate, &clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&limit] {
      for (int k = 0; k < 100; ++k) limit.Take(10'000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Never faster; how much slower says only how the threads' sleeps add up on this clock.
  EXPECT_GE(clock.Seconds(), kThreads * 1.0 - RateLimit::kBurstSeconds - 0.01 - kRounding);
}

TEST(RateLimitTest, InterruptionAndReleaseEndWaitingSoon) {
  for (const bool release : {false, true}) {
    FakeClock clock;
    RateLimit limit(kRate, &clock);
    int sleeps = 0;
    clock.on_sleep = [&] {
      if (++sleeps < 3) return;
      if (release) {
        limit.Release();
      } else {
        SetInterrupted(true);
      }
    };
    limit.Take(1'000'000'000);
    limit.Take(1);  // in 1,000 seconds
    EXPECT_EQ(sleeps, 3);
    EXPECT_LT(clock.Seconds(), 0.2);
    limit.Take(1'000'000'000);
    EXPECT_EQ(sleeps, 3);
    SetInterrupted(false);
  }
}

TEST(RateLimitTest, PiecesAreAlignedAndShort) {
  for (const uint64_t rate : {uint64_t{1}, uint64_t{65536}, kRate, uint64_t{1} << 40}) {
    const RateLimit limit(rate);
    EXPECT_GE(limit.piece_bytes(), kDirectAlignment);
    EXPECT_EQ(limit.piece_bytes() % kDirectAlignment, 0u);
    EXPECT_LE(
        static_cast<double>(limit.piece_bytes()),
        std::max<double>(kDirectAlignment, static_cast<double>(rate) * RateLimit::kPieceSeconds));
  }
}

using Pieces = std::vector<std::pair<uint64_t, uint64_t>>;

TEST(RateLimitTest, MoveInPiecesGoesOverAllOnceAndStopsWhenTold) {
  FakeClock clock;
  RateLimit limit(kRate, &clock);
  const uint64_t piece = limit.piece_bytes();
  Pieces pieces;
  const auto note = [&](uint64_t offset, uint64_t length) {
    pieces.push_back({offset, length});
    return pieces.size() < 5;
  };
  MoveInPieces(&limit, 2 * piece + 1, note);
  EXPECT_EQ(pieces, (Pieces{{0, piece}, {piece, piece}, {2 * piece, 1}}));
  pieces.clear();
  MoveInPieces(&limit, 100 * piece, note);
  EXPECT_EQ(pieces.size(), 5u);
  pieces.clear();
  MoveInPieces(nullptr, 100 * piece, note);
  EXPECT_EQ(pieces, (Pieces{{0, 100 * piece}}));
}

}  // namespace
}  // namespace ingot::io
