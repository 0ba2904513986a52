#include "tools/schedule/window.h"

#include <thread>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "io/interruption.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

absl::Time At(const std::string& text, absl::TimeZone zone = absl::UTCTimeZone()) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%S", text, zone, &time, &error)) << error;
  return time;
}

void AddJob(WindowRules* rules, const std::string& name, const std::string& text) {
  absl::StatusOr<Cron> cron = ParseCron(text);
  ASSERT_OK(cron);
  rules->jobs.push_back({name, *std::move(cron)});
}

// Alfresco's own: at 2 and at 4 o'clock, an hour each.
WindowRules Rules(absl::Duration expected) {
  WindowRules rules;
  rules.zone = absl::UTCTimeZone();
  rules.expected = expected;
  AddJob(&rules, "alfresco", "0 0 2 * * ?");
  AddJob(&rules, "archive", "0 0 4 * * ?");
  return rules;
}

std::string Earliest(const WindowRules& rules, const std::string& now) {
  const WindowDecision decision = DecideWindow(rules, At(now, rules.zone));
  if (!decision.earliest.has_value()) return "never";
  return absl::FormatTime("%m-%d %H:%M:%S", *decision.earliest, rules.zone);
}

TEST(WindowTest, NotInAJobsWindow) {
  const WindowRules rules = Rules(absl::Minutes(10));
  const WindowDecision decision = DecideWindow(rules, At("2026-05-05 02:20:00"));
  EXPECT_FALSE(decision.may_start);
  EXPECT_EQ(decision.job, "alfresco");
  EXPECT_EQ(decision.earliest, At("2026-05-05 03:00:00"));
  EXPECT_THAT(decision.reason, HasSubstr("began at 2026-05-05 02:00:00 UTC"));
  EXPECT_EQ(Earliest(rules, "2026-05-05 02:00:00"), "05-05 03:00:00");
  EXPECT_EQ(Earliest(rules, "2026-05-05 02:59:59"), "05-05 03:00:00");
  EXPECT_EQ(Earliest(rules, "2026-05-05 04:59:59"), "05-05 05:00:00");
  EXPECT_TRUE(DecideWindow(rules, At("2026-05-05 03:00:00")).may_start);
  EXPECT_TRUE(DecideWindow(rules, At("2026-05-05 05:00:00")).may_start);
  EXPECT_TRUE(DecideWindow(rules, At("2026-05-05 01:50:00")).may_start);
}

TEST(WindowTest, NotWhenItWouldStillBeGoing) {
  const WindowRules rules = Rules(absl::Hours(3));
  EXPECT_TRUE(DecideWindow(rules, At("2026-05-05 23:00:00")).may_start);  // ends at 2 exactly
  const WindowDecision decision = DecideWindow(rules, At("2026-05-05 23:00:01"));
  EXPECT_FALSE(decision.may_start);
  EXPECT_EQ(decision.job, "alfresco");
  EXPECT_THAT(decision.reason, HasSubstr("the run, expected to take 3 h 00 min"));
  EXPECT_THAT(decision.reason, HasSubstr("begins at 2026-05-06 02:00:00 UTC"));
  // The hour between the two is too short, so it is after the second.
  EXPECT_EQ(decision.earliest, At("2026-05-06 05:00:00"));
  EXPECT_EQ(Earliest(Rules(absl::Hours(1)), "2026-05-06 02:30:00"), "05-06 03:00:00");
  EXPECT_EQ(Earliest(Rules(absl::Minutes(61)), "2026-05-06 02:30:00"), "05-06 05:00:00");
}

TEST(WindowTest, WithoutAnExpectationOnlyTheWindowsCount) {
  const WindowRules rules = Rules(absl::ZeroDuration());
  EXPECT_TRUE(DecideWindow(rules, At("2026-05-05 01:59:59")).may_start);
  EXPECT_FALSE(DecideWindow(rules, At("2026-05-05 02:00:00")).may_start);
}

TEST(WindowTest, WithoutJobsItAlwaysMay) {
  WindowRules rules;
  rules.zone = absl::UTCTimeZone();
  rules.expected = absl::Hours(1000);
  EXPECT_OK(CheckWindow(rules, At("2026-05-05 02:00:00")));
}

TEST(WindowTest, ARunLongerThanAnyGap) {
  WindowRules rules = Rules(absl::Hours(21) + absl::Seconds(1));
  EXPECT_EQ(Earliest(rules, "2026-05-05 12:00:00"), "never");
  const absl::Status status = CheckWindow(rules, At("2026-05-05 12:00:00"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("--window=stage"));
  rules.mode = WindowMode::kStage;
  EXPECT_THAT(CheckWindow(rules, At("2026-05-05 12:00:00")).message(),
              HasSubstr("--window-length"));
  rules.expected = absl::Hours(21);
  EXPECT_EQ(Earliest(rules, "2026-05-05 12:00:00"), "05-06 05:00:00");
}

TEST(WindowTest, JobsWithoutAnyGap) {
  WindowRules rules;
  rules.zone = absl::UTCTimeZone();
  AddJob(&rules, "hourly", "0 0 * * * ?");
  EXPECT_EQ(Earliest(rules, "2026-05-05 12:30:00"), "never");
  rules.window_length = absl::Minutes(59);
  EXPECT_EQ(Earliest(rules, "2026-05-05 12:30:00"), "05-05 12:59:00");
  WindowRules always;
  always.zone = absl::UTCTimeZone();
  always.window_length = absl::Seconds(1);
  AddJob(&always, "always", "* * * * * ?");
  EXPECT_EQ(Earliest(always, "2026-05-05 12:30:00"), "never");  // and comes to an end
}

TEST(WindowTest, AGapThatComesOnceAMonth) {
  WindowRules rules;
  rules.zone = absl::UTCTimeZone();
  rules.expected = absl::Hours(40);
  AddJob(&rules, "daily but on the last", "0 0 2 1-30 * ?");
  EXPECT_EQ(Earliest(rules, "2026-06-10 12:00:00"), "07-30 03:00:00");
}

TEST(WindowTest, AJobThatNeverRunsAgain) {
  WindowRules rules = Rules(absl::Hours(1));
  rules.jobs.clear();
  AddJob(&rules, "off", "0 0 2 31 2 ?");
  AddJob(&rules, "past", "0 0 2 * * ? 2020");
  EXPECT_OK(CheckWindow(rules, At("2026-05-05 02:00:00")));
}

TEST(WindowTest, InTheServersTimeZone) {
  WindowRules rules = Rules(absl::Minutes(30));
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &rules.zone));
  EXPECT_EQ(Earliest(rules, "2026-07-01 02:10:00"), "07-01 03:00:00");
  EXPECT_FALSE(DecideWindow(rules, At("2026-07-01 02:10:00")).may_start);  // 04:10 there
}

TEST(WindowTest, WhereTheClockGoesBack) {
  // 02:00 is shown twice on this day; the job runs at the second.
  WindowRules rules = Rules(absl::Minutes(30));
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &rules.zone));
  EXPECT_TRUE(DecideWindow(rules, At("2026-10-25 00:10:00")).may_start);   // 02:10, summer
  EXPECT_FALSE(DecideWindow(rules, At("2026-10-25 00:40:00")).may_start);  // would reach 03:10
  EXPECT_FALSE(DecideWindow(rules, At("2026-10-25 01:10:00")).may_start);  // 02:10, winter
}

TEST(WindowTest, NotNowIsTryLater) {
  const absl::Status status = CheckWindow(Rules(absl::Hours(1)), At("2026-05-05 02:20:00"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("it may start at 2026-05-05 03:00:00 UTC"));
}

// A clock that moves only while somebody sleeps.
struct FakeClock {
  explicit FakeClock(const std::string& begin) : wall(At(begin)) {}
  WaitClock Get() {
    return {.wall = [this] { return wall; },
            .boot = [this] { return boot; },
            .sleep =
                [this](absl::Duration duration) {
                  wall += duration;
                  boot += duration;
                  if (on_sleep) on_sleep();
                }};
  }
  absl::Time wall;
  absl::Duration boot = absl::Hours(5);
  std::function<void()> on_sleep;
};

TEST(WaitForWindowTest, WaitsUntilItMay) {
  FakeClock clock("2026-05-05 02:59:00");
  int calls = 0;
  absl::Duration last = absl::InfiniteDuration();
  EXPECT_OK(WaitForWindow(Rules(absl::Minutes(30)), absl::Hours(1), clock.Get(),
                          [&](const WindowDecision& decision, absl::Duration left) {
                            ++calls;
                            EXPECT_LT(left, last);
                            EXPECT_EQ(decision.job, "alfresco");
                            last = left;
                          }));
  EXPECT_EQ(clock.wall, At("2026-05-05 03:00:00"));
  EXPECT_EQ(calls, 60);
}

TEST(WaitForWindowTest, DoesNotWaitForWhatTheLimitDoesNotReach) {
  FakeClock clock("2026-05-05 02:10:00");
  const auto no_progress = [](const WindowDecision&, absl::Duration) { FAIL(); };
  const absl::Status status =
      WaitForWindow(Rules(absl::Hours(1)), absl::Minutes(49), clock.Get(), no_progress);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("may start at 2026-05-05 03:00:00 UTC"));
  EXPECT_THAT(status.message(), HasSubstr("--wait"));
  EXPECT_EQ(clock.wall, At("2026-05-05 02:10:00"));
  EXPECT_EQ(
      WaitForWindow(Rules(absl::Hours(22)), absl::Hours(100), clock.Get(), no_progress).code(),
      absl::StatusCode::kInvalidArgument);
}

TEST(WaitForWindowTest, AClockThatIsSetMeanwhile) {
  // Forward, past the window: it starts within a second or so.
  FakeClock forward("2026-05-05 02:10:00");
  const absl::Duration begin = forward.boot;
  forward.on_sleep = [&] {
    if (forward.boot - begin == absl::Seconds(5)) forward.wall += absl::Hours(1);
  };
  const auto progress = [](const WindowDecision&, absl::Duration) {};
  EXPECT_OK(WaitForWindow(Rules(absl::Minutes(5)), absl::Hours(2), forward.Get(), progress));
  EXPECT_LE(forward.boot - begin, absl::Seconds(6));
  // Back by an hour, out of the window but too near to it: the limit counts from the beginning.
  FakeClock back("2026-05-05 02:10:00");
  back.on_sleep = [&] {
    if (back.boot - begin == absl::Seconds(5)) back.wall -= absl::Minutes(12);
  };
  EXPECT_EQ(WaitForWindow(Rules(absl::Minutes(5)), absl::Minutes(55), back.Get(), progress).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_LE(back.boot - begin, absl::Seconds(6));
  // Back by a day, so that it may: now.
  FakeClock earlier("2026-05-05 02:10:00");
  earlier.on_sleep = [&] {
    if (earlier.boot - begin == absl::Seconds(5)) earlier.wall -= absl::Hours(6);
  };
  EXPECT_OK(WaitForWindow(Rules(absl::Minutes(5)), absl::Hours(2), earlier.Get(), progress));
}

TEST(WaitForWindowTest, TheLimitCountsOnWhenTheClockDoesNot) {
  FakeClock clock("2026-05-05 02:10:00");
  const absl::Duration begin = clock.boot;
  clock.on_sleep = [&] { clock.wall = At("2026-05-05 02:10:00"); };
  EXPECT_EQ(WaitForWindow(Rules(absl::Minutes(5)), absl::Minutes(51), clock.Get(),
                          [](const WindowDecision&, absl::Duration) {})
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_GT(clock.boot - begin, absl::Seconds(59));
  EXPECT_LT(clock.boot - begin, absl::Seconds(63));
}

TEST(WaitForWindowTest, EndsWhenInterrupted) {
  const absl::Time now = absl::Now();
  WindowRules rules;
  rules.zone = absl::UTCTimeZone();
  rules.window_length = absl::Hours(2);
  const absl::CivilSecond civil = absl::ToCivilSecond(now - absl::Hours(1), rules.zone);
  AddJob(&rules, "now", absl::StrFormat("0 %d %d * * ?", civil.minute(), civil.hour()));
  absl::Time interrupted;
  std::thread interrupter([&] {
    absl::SleepFor(absl::Milliseconds(1150));
    interrupted = absl::Now();
    io::SetInterrupted(true);
  });
  int calls = 0;
  const absl::Status status =
      WaitForWindow(rules, absl::Hours(3), SystemWaitClock(),
                    [&](const WindowDecision&, absl::Duration) { ++calls; });
  const absl::Time ended = absl::Now();
  interrupter.join();
  io::SetInterrupted(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_LT(ended - interrupted, absl::Milliseconds(200));
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace ingot
