#include "tools/schedule/schedule_flags.h"

#include <algorithm>

#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

// The flags beside one that `backup` has.
absl::StatusOr<ScheduleOptions> Parse(std::vector<std::string> arguments) {
  CLI::App app;
  ScheduleOptions options;
  std::string output;
  AddScheduleFlags(&app, &options);
  app.add_option("-o", output);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
  return options;
}

TEST(ScheduleFlagsTest, Defaults) {
  const absl::StatusOr<ScheduleOptions> options = Parse({});
  ASSERT_OK(options);
  EXPECT_EQ(options->wait, std::nullopt);
  EXPECT_EQ(options->window, WindowMode::kRun);
  EXPECT_EQ(options->window_length, kDefaultWindowLength);
  EXPECT_EQ(options->expected, std::nullopt);
  EXPECT_FALSE(options->ignore_windows);
}

TEST(ScheduleFlagsTest, Wait) {
  using Arguments = std::vector<std::string>;
  for (const auto& [arguments, limit] : std::vector<std::pair<Arguments, absl::Duration>>{
           {{"--wait"}, kDefaultWait},
           {{"--wait", "-o", "file"}, kDefaultWait},
           {{"-o", "file", "--wait"}, kDefaultWait},
           {{"--wait=90m", "-o", "file"}, absl::Minutes(90)},
           {{"--wait", "2h30m"}, absl::Minutes(150)}}) {
    const absl::StatusOr<ScheduleOptions> options = Parse(arguments);
    ASSERT_OK(options);
    EXPECT_EQ(options->wait, limit);
  }
}

TEST(ScheduleFlagsTest, TheOthers) {
  const absl::StatusOr<ScheduleOptions> options =
      Parse({"--window=stage", "--window-length", "30m", "--expected-duration=3h", "--time-zone",
             "Europe/Berlin", "--ignore-windows"});
  ASSERT_OK(options);
  EXPECT_EQ(options->window, WindowMode::kStage);
  EXPECT_EQ(options->window_length, absl::Minutes(30));
  EXPECT_EQ(options->expected, absl::Hours(3));
  EXPECT_EQ(options->time_zone, "Europe/Berlin");
  EXPECT_TRUE(options->ignore_windows);
}

TEST(ScheduleFlagsTest, Refuses) {
  for (const char* argument :
       {"--wait=90", "--wait=0s", "--wait=32d", "--window=night", "--window-length=25h",
        "--window-length=0s", "--expected-duration=soon", "--expected-duration=31d"}) {
    EXPECT_FALSE(Parse({argument}).ok()) << argument;
  }
  EXPECT_THAT(Parse({"--wait=32d"}).status().message(), HasSubstr("between 1s and 31d"));
}

TEST(ScheduleFlagsTest, MakesRules) {
  const std::vector<IndexJobText> jobs = {{"solr.backup.alfresco.cronExpression", "0 0 2 * * ?"},
                                          {"solr.backup.archive.cronExpression", "0 0 4 * * ?"}};
  const EarlierRuns earlier = {.count = 1, .run = absl::Hours(3), .index = absl::Minutes(5)};
  ScheduleOptions options;
  options.time_zone = "Europe/Berlin";
  absl::StatusOr<WindowRules> rules = MakeWindowRules(jobs, options, earlier);
  ASSERT_OK(rules);
  ASSERT_EQ(rules->jobs.size(), 2u);
  EXPECT_EQ(rules->jobs[1].name, "solr.backup.archive.cronExpression");
  EXPECT_EQ(rules->zone.name(), "Europe/Berlin");
  EXPECT_EQ(rules->expected, absl::Hours(3));
  options.window = WindowMode::kStage;
  EXPECT_EQ(MakeWindowRules(jobs, options, earlier)->expected, absl::Minutes(5));
  options.expected = absl::Minutes(7);
  EXPECT_EQ(MakeWindowRules(jobs, options, earlier)->expected, absl::Minutes(7));
  options.ignore_windows = true;
  EXPECT_TRUE(MakeWindowRules(jobs, options, earlier)->jobs.empty());
}

TEST(ScheduleFlagsTest, RulesNameWhatIsWrong) {
  ScheduleOptions options;
  const absl::Status cron =
      MakeWindowRules({{"solr.backup.alfresco.cronExpression", "never"}}, options, {}).status();
  EXPECT_EQ(cron.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(cron.message(), HasSubstr("solr.backup.alfresco.cronExpression"));
  EXPECT_THAT(cron.message(), HasSubstr("'never'"));
  EXPECT_THAT(cron.message(), HasSubstr("--set"));
  options.time_zone = "Mars/Olympus";
  EXPECT_EQ(MakeWindowRules({}, options, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ingot
