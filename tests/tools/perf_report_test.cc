#include "tools/perf_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot {
namespace {

using testing::HasSubstr;

constexpr uint64_t kSecond = 1'000'000;

RunTimes Times(uint64_t press_busy, uint64_t press_cpu, uint64_t write_wait) {
  return {.wall = 10 * kSecond,
          .processors = 2,
          .stages = {{16, kSecond, 0, 0, kSecond},
                     {1, kSecond, 0, 0, kSecond / 2},
                     {4, 8 * kSecond, 2 * kSecond, 30 * kSecond, kSecond},
                     {2, press_busy, 0, 0, press_cpu},
                     {1, kSecond, 0, write_wait, kSecond}}};
}

TEST(PerfReportTest, ShowsSharesOfEachStagesThreads) {
  const std::string text = PerfText(Times(6 * kSecond, 6 * kSecond, 0));
  EXPECT_THAT(text, HasSubstr("10.0 s, stages used 48 % of 2 processors"));
  EXPECT_THAT(text,
              HasSubstr("  fill         4    20 %                5 %        75 %         1.00\n"));
}

TEST(PerfReportTest, NamesWhatLimits) {
  EXPECT_THAT(PerfText(Times(6 * kSecond, 6 * kSecond, 0)),
              HasSubstr("busiest stage is press (30 %)"));
  EXPECT_THAT(PerfText(Times(6 * kSecond, 6 * kSecond, 8 * kSecond)),
              HasSubstr("busiest stage is write (90 %)"));
  EXPECT_THAT(PerfText(Times(19 * kSecond, 16 * kSecond, 0)),
              HasSubstr("the processors are the limit"));
}

TEST(PerfReportTest, IsSilentWhereNothingIsKnown) { EXPECT_EQ(PerfText(RunTimes()), ""); }

TEST(PerfReportTest, JsonHasSeconds) {
  const nlohmann::ordered_json json = PerfJson(Times(6 * kSecond, 6 * kSecond, 0));
  EXPECT_EQ(json["seconds"], 10.0);
  EXPECT_EQ(json["processors"], 2);
  EXPECT_EQ(json["stages"]["fill"]["threads"], 4);
  EXPECT_EQ(json["stages"]["fill"]["output_wait"], 30.0);
  EXPECT_EQ(json["stages"]["press"]["cpu"], 6.0);
}

}  // namespace
}  // namespace ingot
