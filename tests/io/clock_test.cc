#include "io/clock.h"

#include <time.h>

#include "tests/testing.h"

namespace ingot::io {
namespace {

TEST(ClockTest, WallClockIsNow) {
  const int64_t before = time(nullptr);
  const Timestamp now = WallClock();
  EXPECT_GE(now.seconds, before - 1);
  EXPECT_LE(now.seconds, time(nullptr) + 1);
  EXPECT_LT(now.nanoseconds, 1'000'000'000u);
}

TEST(ClockTest, BootClockOnlyGoesForward) {
  const uint64_t first = BootNanoseconds();
  const uint64_t second = BootNanoseconds();
  EXPECT_GT(first, 0u);
  EXPECT_GE(second, first);
}

TEST(ClockTest, FormatsUtc) {
  EXPECT_EQ(FormatUtc({.seconds = 0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatUtc({.seconds = 1'795'451'015, .nanoseconds = 999}), "2026-11-23T16:23:35Z");
  EXPECT_EQ(FormatUtc({.seconds = -1}), "1969-12-31T23:59:59Z");
  EXPECT_EQ(FormatUtc({.seconds = INT64_MAX}), "@9223372036854775807");
}

TEST(ClockTest, HostHasAName) { EXPECT_FALSE(HostName().empty()); }

}  // namespace
}  // namespace ingot::io
