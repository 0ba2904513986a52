#include "tools/schedule/cron.h"

#include <cstdlib>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTimeFormat[] = "%Y-%m-%d %H:%M:%S %Z";

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name << ": is tzdata installed?";
  return zone;
}

absl::Time At(const std::string& text, absl::TimeZone zone = absl::UTCTimeZone()) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%S", text, zone, &time, &error)) << error;
  return time;
}

std::vector<std::string> Fires(const std::string& text, const std::string& after, size_t count,
                               absl::TimeZone zone = absl::UTCTimeZone()) {
  const absl::StatusOr<Cron> cron = ParseCron(text);
  EXPECT_OK(cron);
  std::vector<std::string> fires;
  if (!cron.ok()) return fires;
  std::optional<absl::Time> time = At(after, zone);
  while (fires.size() < count && (time = cron->Next(*time, zone))) {
    fires.push_back(absl::FormatTime(kTimeFormat, *time, zone));
  }
  return fires;
}

std::vector<std::string> FiresIn(const std::string& zone, const std::string& text,
                                 const std::string& after, size_t count) {
  return Fires(text, after, count, Zone(zone));
}

// The table of examples in Quartz's tutorial on CronTrigger.
TEST(CronTest, QuartzsOwnExamples) {
  struct Example {
    const char* text;
    const char* after;
    std::vector<std::string> fires;
  };
  const char* const kNewYear = "2026-01-01 00:00:00";
  const std::vector<Example> examples = {
      {"0 0 12 * * ?", kNewYear, {"2026-01-01 12:00:00 UTC", "2026-01-02 12:00:00 UTC"}},
      {"0 15 10 ? * *", kNewYear, {"2026-01-01 10:15:00 UTC", "2026-01-02 10:15:00 UTC"}},
      {"0 15 10 * * ?", kNewYear, {"2026-01-01 10:15:00 UTC", "2026-01-02 10:15:00 UTC"}},
      {"0 15 10 * * ? *", kNewYear, {"2026-01-01 10:15:00 UTC", "2026-01-02 10:15:00 UTC"}},
      {"0 15 10 * * ? 2005", "2005-12-30 12:00:00", {"2005-12-31 10:15:00 UTC"}},
      {"0 * 14 * * ?",
       "2026-01-01 14:57:30",
       {"2026-01-01 14:58:00 UTC", "2026-01-01 14:59:00 UTC", "2026-01-02 14:00:00 UTC"}},
      {"0 0/5 14 * * ?",
       "2026-01-01 14:50:00",
       {"2026-01-01 14:55:00 UTC", "2026-01-02 14:00:00 UTC", "2026-01-02 14:05:00 UTC"}},
      {"0 0/5 14,18 * * ?",
       "2026-01-01 14:50:00",
       {"2026-01-01 14:55:00 UTC", "2026-01-01 18:00:00 UTC", "2026-01-01 18:05:00 UTC"}},
      {"0 0-5 14 * * ?",
       "2026-01-01 14:04:00",
       {"2026-01-01 14:05:00 UTC", "2026-01-02 14:00:00 UTC"}},
      {"0 10,44 14 ? 3 WED",
       kNewYear,
       {"2026-03-04 14:10:00 UTC", "2026-03-04 14:44:00 UTC", "2026-03-11 14:10:00 UTC"}},
      {"0 15 10 ? * MON-FRI",
       kNewYear,
       {"2026-01-01 10:15:00 UTC", "2026-01-02 10:15:00 UTC", "2026-01-05 10:15:00 UTC"}},
      {"0 15 10 15 * ?", kNewYear, {"2026-01-15 10:15:00 UTC", "2026-02-15 10:15:00 UTC"}},
      {"0 15 10 L * ?", kNewYear, {"2026-01-31 10:15:00 UTC", "2026-02-28 10:15:00 UTC"}},
      {"0 15 10 L-2 * ?", kNewYear, {"2026-01-29 10:15:00 UTC", "2026-02-26 10:15:00 UTC"}},
      {"0 15 10 ? * 6L", kNewYear, {"2026-01-30 10:15:00 UTC", "2026-02-27 10:15:00 UTC"}},
      {"0 15 10 ? * 6L 2002-2005",
       "2005-11-01 00:00:00",
       {"2005-11-25 10:15:00 UTC", "2005-12-30 10:15:00 UTC"}},
      {"0 15 10 ? * 6#3", kNewYear, {"2026-01-16 10:15:00 UTC", "2026-02-20 10:15:00 UTC"}},
      {"0 0 12 1/5 * ?",
       "2026-01-26 12:00:00",
       {"2026-01-31 12:00:00 UTC", "2026-02-01 12:00:00 UTC", "2026-02-06 12:00:00 UTC"}},
      {"0 11 11 11 11 ?", kNewYear, {"2026-11-11 11:11:00 UTC", "2027-11-11 11:11:00 UTC"}},
  };
  for (const Example& example : examples) {
    EXPECT_EQ(Fires(example.text, example.after, example.fires.size()), example.fires)
        << example.text;
  }
  EXPECT_EQ(Fires("0 15 10 * * ? 2005", "2005-12-31 10:15:00", 1).size(), 0u);
  EXPECT_EQ(Fires("0 15 10 ? * 6L 2002-2005", "2005-12-31 00:00:00", 1).size(), 0u);
}

// As Quartz 2.3.2 was seen to do.
TEST(CronTest, TheCornersOfQuartz) {
  const char* const kNewYear = "2026-01-01 00:00:00";
  const auto first = [&](const std::string& text) {
    return absl::StrJoin(Fires(text, kNewYear, 1), "");
  };
  EXPECT_THAT(
      Fires("0 0 2 15W * ?", kNewYear, 3),
      ElementsAre("2026-01-15 02:00:00 UTC", "2026-02-16 02:00:00 UTC", "2026-03-16 02:00:00 UTC"));
  EXPECT_THAT(
      Fires("0 0 2 1W * ?", kNewYear, 3),
      ElementsAre("2026-01-01 02:00:00 UTC", "2026-02-02 02:00:00 UTC", "2026-03-02 02:00:00 UTC"));
  EXPECT_THAT(
      Fires("0 0 2 31W * ?", kNewYear, 3),
      ElementsAre("2026-01-30 02:00:00 UTC", "2026-03-31 02:00:00 UTC", "2026-05-29 02:00:00 UTC"));
  EXPECT_THAT(Fires("0 0 2 31W * ?", "2027-04-01 00:00:00", 1),
              ElementsAre("2027-04-30 02:00:00 UTC"));  // the 1st of May is a Saturday
  EXPECT_THAT(
      Fires("0 0 2 ? * 6#5", kNewYear, 3),
      ElementsAre("2026-01-30 02:00:00 UTC", "2026-05-29 02:00:00 UTC", "2026-07-31 02:00:00 UTC"));
  EXPECT_THAT(
      Fires("0 0 2 L-30 * ?", kNewYear, 3),
      ElementsAre("2026-01-01 02:00:00 UTC", "2026-03-01 02:00:00 UTC", "2026-05-01 02:00:00 UTC"));
  EXPECT_THAT(
      Fires("0 0 2 28-2 2 ?", kNewYear, 3),
      ElementsAre("2026-02-01 02:00:00 UTC", "2026-02-02 02:00:00 UTC", "2026-02-28 02:00:00 UTC"));
  EXPECT_THAT(
      Fires("0 0 22-2/2 * * ?", kNewYear, 3),
      ElementsAre("2026-01-01 02:00:00 UTC", "2026-01-01 22:00:00 UTC", "2026-01-02 00:00:00 UTC"));
  EXPECT_EQ(first("0 0 2 29 2 ?"), "2028-02-29 02:00:00 UTC");
  EXPECT_EQ(first("0 0 2 ? * L"), "2026-01-03 02:00:00 UTC");
  EXPECT_EQ(first("0 0 2 ? * MONDAY"), "2026-01-05 02:00:00 UTC");
  EXPECT_EQ(first("0 0 2 ? * MON-FRI/2"), "2026-01-01 02:00:00 UTC");  // the step is not read
  EXPECT_EQ(first("0 0 2 15,1W 2 ?"), "2026-02-02 02:00:00 UTC");      // the 15th is not kept
  EXPECT_EQ(first("0 0 2 ? * 4#2,3"), "2026-01-13 02:00:00 UTC");
  EXPECT_EQ(first("0 0 5/0 * * ?"), "2026-01-01 05:00:00 UTC");
  EXPECT_EQ(first("0 30 */0 * * ?"), "2026-01-01 00:30:00 UTC");
  EXPECT_EQ(first(" 0\t0  2 * * ? 2027 and more"), "2027-01-01 02:00:00 UTC");
  EXPECT_EQ(first("0 0 2 31 4 ?"), "");  // never
  EXPECT_EQ(first("0 0 2 ? * *"), "2026-01-01 02:00:00 UTC");
}

TEST(CronTest, RefusesWhatQuartzRefuses) {
  for (const char* text :
       {"", "0", "0 0 2 * *", "@daily", "0 0 2 * * *", "0 0 2 ? * ?", "0 0 2 1 * 2", "? 0 2 * * ?",
        "0 0 2 * ? *", "60 0 2 * * ?", "0 60 2 * * ?", "0 0 24 * * ?", "0 0 2 0 * ?",
        "0 0 2 32 * ?", "0 0 2 ? 0 *", "0 0 2 ? 13 *", "0 0 2 ? * 0", "0 0 2 ? * 8",
        "0 0 2 1,L * ?", "0 0 2 LW,3 * ?", "0 0 2 ? * 1,L", "0 0 2 ? * 6#6", "0 0 2 ? * 6#0",
        "0 0 2 ? * 6#", "0 0 2 ? * 2#1,4#2", "0 0 2 ? * FRI#x", "0 0 2 L-31 * ?", "0 0 2 L- * ?",
        "0 0 2 LX * ?", "0 0 2 32W * ?", "0 0 2W * * ?", "0 0 2 ? * 2W", "0 0 2L * * ?",
        "0 0 L * * ?", "0 0 2 * L ?", "0 0 5/ * * ?", "0 0 / * * ?", "0 0 */24 * * ?",
        "0 0 5/x * * ?", "0 0 2- * * ?", "0 0 2-a * * ?", "0 0 2-24 * * ?", "0 0 -2 * * ?",
        "0 0 1-5/ * * ?", "0 0 2 ? * MO", "0 0 2 ? * MON-", "0 0 2 ? * XYZ", "0 0 2 ? MON *",
        "0 0 JAN * * ?", ", 0 2 * * ?", "0 0 2 * * ? 2030-2027", "0 0 99999999999999999999 * * ?",
        "0 0 2 ? * L3", "0 0 2 W * ?", "0 0 2 * * ? #",
        // and what would hang it or never fire
        "0 0 2 0W * ?", "0 0 2 ? * 8#2", "0 0 99 * * ?", "0 0 2 * * ? 1969", "0 0 2 * * ? 2100"}) {
    const absl::StatusOr<Cron> cron = ParseCron(text);
    ASSERT_FALSE(cron.ok()) << text;
    EXPECT_EQ(cron.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(cron.status().message(), HasSubstr(absl::StrCat("'", text, "'")));
  }
  EXPECT_FALSE(ParseCron(std::string(kCronTextBytesMax + 1, ' ')).ok());
  EXPECT_THAT(ParseCron("0 0 24 * * ?").status().message(), HasSubstr("hours: values are 0 to 23"));
}

// Everything that a mutilated expression can be: it ends, one way or the other.
TEST(CronTest, AnyBytes) {
  const std::string whole = "0 */5 22-2/2 L-3W JAN,FEB-MAR ? 2026/2";
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = whole;
      text[at] = static_cast<char>(byte);
      const absl::StatusOr<Cron> cron = ParseCron(text);
      if (cron.ok()) cron->Next(absl::FromUnixSeconds(0), absl::UTCTimeZone());
    }
    ParseCron(whole.substr(0, at)).IgnoreError();
    ParseCron(whole.substr(at)).IgnoreError();
  }
}

TEST(CronTest, TimesThatTheClockLeavesOut) {
  // Berlin's clock goes from 02:00 to 03:00.
  EXPECT_THAT(FiresIn("Europe/Berlin", "0 0 2 * * ?", "2026-03-28 00:00:00", 2),
              ElementsAre("2026-03-28 02:00:00 CET", "2026-03-30 02:00:00 CEST"));
  EXPECT_THAT(FiresIn("Europe/Berlin", "0 30 1-3 * * ?", "2026-03-29 00:00:00", 2),
              ElementsAre("2026-03-29 01:30:00 CET", "2026-03-29 03:30:00 CEST"));
  // Lord Howe's from 02:00 to 02:30.
  EXPECT_THAT(FiresIn("Australia/Lord_Howe", "0 15,45 2 * * ?", "2026-10-03 02:45:00", 2),
              ElementsAre("2026-10-04 02:45:00 +11", "2026-10-05 02:15:00 +11"));
}

TEST(CronTest, TimesThatTheClockShowsTwice) {
  EXPECT_THAT(FiresIn("Europe/Berlin", "0 30 2 * * ?", "2026-10-24 12:00:00", 2),
              ElementsAre("2026-10-25 02:30:00 CET", "2026-10-26 02:30:00 CET"));
  EXPECT_THAT(FiresIn("Europe/Berlin", "0 0/30 * * * ?", "2026-10-25 01:00:00", 3),
              ElementsAre("2026-10-25 01:30:00 CEST", "2026-10-25 02:00:00 CET",
                          "2026-10-25 02:30:00 CET"));
  EXPECT_THAT(FiresIn("America/New_York", "0 15 1 * * ?", "2026-11-01 00:00:00", 2),
              ElementsAre("2026-11-01 01:15:00 EST", "2026-11-02 01:15:00 EST"));
  // Asked in the first of the two hours.
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  const absl::Time first_showing = At("2026-10-25 00:40:00");  // 02:40 CEST
  const absl::StatusOr<Cron> cron = ParseCron("0 30 2 * * ?");
  ASSERT_OK(cron);
  EXPECT_EQ(cron->Next(first_showing, berlin), At("2026-10-25 01:30:00"));
  EXPECT_EQ(cron->Previous(first_showing, berlin), At("2026-10-24 00:30:00"));
}

TEST(CronTest, PreviousIsAtOrBefore) {
  const absl::StatusOr<Cron> cron = ParseCron("0 0 2 * * ?");
  ASSERT_OK(cron);
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time fire = At("2026-05-05 02:00:00");
  EXPECT_EQ(cron->Previous(fire, utc), fire);
  EXPECT_EQ(cron->Previous(fire + absl::Milliseconds(1), utc), fire);
  EXPECT_EQ(cron->Previous(fire - absl::Milliseconds(1), utc), fire - absl::Hours(24));
  EXPECT_EQ(cron->Next(fire, utc), fire + absl::Hours(24));
  EXPECT_EQ(cron->Next(fire - absl::Milliseconds(1), utc), fire);
}

TEST(CronTest, TheEndsOfTime) {
  const absl::StatusOr<Cron> cron = ParseCron("0 0 2 * * ?");
  ASSERT_OK(cron);
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(cron->Next(absl::InfinitePast(), utc), At("1970-01-01 02:00:00"));
  EXPECT_EQ(cron->Next(absl::InfiniteFuture(), utc), std::nullopt);
  EXPECT_EQ(cron->Previous(absl::InfinitePast(), utc), std::nullopt);
  EXPECT_EQ(cron->Previous(absl::InfiniteFuture(), utc), At("2099-12-31 02:00:00"));
  EXPECT_EQ(cron->Next(At("2099-12-31 02:00:00"), utc), std::nullopt);
}

std::string Epochs(const std::vector<absl::Time>& times) {
  return absl::StrJoin(times, ",", [](std::string* out, absl::Time time) {
    absl::StrAppend(out, absl::ToUnixSeconds(time));
  });
}

size_t Commas(const std::string& list) {
  return list.empty() ? 0 : static_cast<size_t>(absl::c_count(list, ',')) + 1;
}

// An evaluation that shares nothing with ours; see the script.
TEST(CronTest, AThousandRandomExpressions) {
  constexpr int kExpressions = 1000;
  const ShellResult zones =
      Shell("python3 -c 'import zoneinfo; zoneinfo.ZoneInfo(\"Asia/Kolkata\")'");
  if (zones.exit_code != 0) SKIP_OR_FAIL("python3 or tzdata is missing");
  const ShellResult oracle = Shell(absl::StrCat(
      "python3 " INGOT_TESTS_DIR "/tools/schedule/cron_oracle.py 20261123 ", kExpressions));
  ASSERT_EQ(oracle.exit_code, 0) << oracle.error;
  int compared = 0;
  int fires = 0;
  for (const absl::string_view line : absl::StrSplit(oracle.output, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    ASSERT_EQ(parts.size(), 5u) << line;
    const absl::TimeZone zone = Zone(parts[0]);
    const absl::StatusOr<Cron> cron = ParseCron(parts[1]);
    ASSERT_OK(cron);
    int64_t seconds = 0;
    ASSERT_TRUE(absl::SimpleAtoi(parts[2], &seconds));
    std::vector<absl::Time> later;
    std::optional<absl::Time> time = absl::FromUnixSeconds(seconds);
    while (later.size() < Commas(parts[3]) && (time = cron->Next(*time, zone))) {
      later.push_back(*time);
    }
    std::vector<absl::Time> earlier;
    time = absl::FromUnixSeconds(seconds);
    while (earlier.size() < Commas(parts[4]) && (time = cron->Previous(*time, zone))) {
      earlier.push_back(*time);
      *time -= absl::Seconds(1);
    }
    EXPECT_EQ(Epochs(later), parts[3]) << line;
    EXPECT_EQ(Epochs(earlier), parts[4]) << line;
    fires += static_cast<int>(later.size() + earlier.size());
    ++compared;
  }
  EXPECT_EQ(compared, kExpressions);
  EXPECT_GT(fires, 5 * kExpressions);
}

}  // namespace
}  // namespace ingot
