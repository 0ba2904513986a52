#include "tools/schedule/duration_text.h"

#include "tests/testing.h"

namespace ingot {
namespace {

TEST(DurationTextTest, Reads) {
  const auto read = [](absl::string_view text) {
    const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
    EXPECT_OK(duration);
    return duration.value_or(absl::InfiniteDuration());
  };
  EXPECT_EQ(read("45s"), absl::Seconds(45));
  EXPECT_EQ(read("90m"), absl::Minutes(90));
  EXPECT_EQ(read("2h30m"), absl::Minutes(150));
  EXPECT_EQ(read("1D2H3M4S"), absl::Seconds(86'400 + 7'200 + 180 + 4));
  EXPECT_EQ(read("1h5s"), absl::Seconds(3605));
  EXPECT_EQ(read("0s"), absl::ZeroDuration());
  EXPECT_EQ(read("1000d"), absl::Hours(24'000));
}

TEST(DurationTextTest, Refuses) {
  for (const char* text : {"", "90", "m", "-5m", "+5m", "1.5h", "5 m", " 5m", "5m ", "5x", "30m2h",
                           "5m5m", "2h30", "1001d", "99999999999999999999s", "1000d1s", "5ms"}) {
    const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
    EXPECT_FALSE(duration.ok()) << text;
    EXPECT_EQ(duration.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(DurationTextTest, WritesWhatItReads) {
  for (const char* text : {"45s", "1h30m", "2h30m", "1d", "1d2h3m4s", "0s"}) {
    const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
    ASSERT_OK(duration);
    EXPECT_EQ(DurationText(*duration), text);
  }
}

}  // namespace
}  // namespace ingot
