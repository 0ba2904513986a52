#include "tools/join_report.h"

#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Told {
  ExitCode code = ExitCode::kFailed;
  std::string text;
};

Told Tell(const JoinResult& join, bool expected = true, const ReportOptions& options = {}) {
  std::FILE* stream = std::tmpfile();
  Told told;
  {
    Report report(stream, options);
    told.code = ReportJoin(join, expected, "a.tar.zst", report);
  }
  std::fflush(stream);
  std::rewind(stream);
  told.text.resize(1 << 20);
  told.text.resize(std::fread(told.text.data(), 1, told.text.size(), stream));
  std::fclose(stream);
  return told;
}

JoinResult Proved() {
  JoinResult join;
  join.outcome = JoinOutcome::kProved;
  join.referenced = join.present = 1200;
  return join;
}

TEST(JoinReportTest, AProofIsOneLine) {
  const Told told = Tell(Proved());
  EXPECT_EQ(told.code, ExitCode::kDone);
  EXPECT_EQ(told.text,
            "ingot: dump and content: proved: the content of all 1,200 referenced URLs is here\n");
}

TEST(JoinReportTest, WhatIsNotCoveredIsToldThoughItIsProved) {
  JoinResult join = Proved();
  join.encrypted = 7;
  join.not_on_disk = {{"s3", 3}, {"spoof", 1000}};
  join.unreferenced_files = 2;
  EXPECT_THAT(Tell(join).text,
              HasSubstr("is here; encrypted, sizes not compared: 7; not on disk and "
                        "not covered: s3: 3, spoof: 1,000; files without a row: 2"));
}

TEST(JoinReportTest, RecoverableContentIsAWarning) {
  JoinResult join = Proved();
  join.recoverable = 1;
  join.problems = {{"store://a/b", ContentState::kRecoverable, 5, 5, {}}};
  const Told told = Tell(join);
  EXPECT_EQ(told.code, ExitCode::kDone);
  EXPECT_THAT(told.text, HasSubstr("ingot: warning: recoverable: store://a/b, 5 bytes\n"));
}

TEST(JoinReportTest, MissingContentIsNamedWithItsDocuments) {
  JoinResult join;
  join.outcome = JoinOutcome::kFailed;
  join.referenced = 3;
  join.missing = join.wrong_size = 1;
  join.present = 1;
  join.problems = {
      {"store://a/b", ContentState::kMissing, 5, 0, {{"u-1", "plan.pdf"}, {"u-2", ""}}},
      {"store://a/c", ContentState::kWrongSize, 5, 4, {}}};
  const Told told = Tell(join);
  EXPECT_EQ(told.code, ExitCode::kContentMissing);
  EXPECT_THAT(told.text, HasSubstr("ingot: error: missing: store://a/b, 5 bytes ('plan.pdf', node "
                                   "u-1; node u-2)\n"));
  EXPECT_THAT(told.text, HasSubstr("wrong size: store://a/c, 4 bytes and not 5\n"));
  EXPECT_THAT(told.text, HasSubstr("of 3 referenced URLs 1 is missing, 1 has another size"));
}

TEST(JoinReportTest, ThousandsOfProblemsAreCountedNotPrinted) {
  JoinResult join;
  join.outcome = JoinOutcome::kFailed;
  join.missing = 50'000;
  join.problems.assign(10'000, {"store://x", ContentState::kMissing, 5, 0, {}});
  const Told told = Tell(join);
  EXPECT_EQ(std::count(told.text.begin(), told.text.end(), '\n'), kProblemLinesMax + 2);
  EXPECT_THAT(told.text, HasSubstr("49,980 more: ingot cat a.tar.zst ingot/manifest.json lists "
                                   "10,000"));
}

TEST(JoinReportTest, NotPossibleIsAWarningOnlyWhereItWasExpected) {
  JoinResult join;
  join.reason = "it has no table alf_content_url";
  EXPECT_THAT(Tell(join).text, HasSubstr("warning: dump and content: not possible: it has no"));
  const Told told = Tell(join, /*expected=*/false);
  EXPECT_EQ(told.code, ExitCode::kDone);
  EXPECT_THAT(told.text, Not(HasSubstr("warning")));
}

TEST(JoinReportTest, TheEventHasTheCounts) {
  const Told told = Tell(Proved(), true, {.json_events = true});
  EXPECT_THAT(told.text, HasSubstr(R"({"event":"join","outcome":"proved")"));
  EXPECT_THAT(told.text, HasSubstr(R"("referenced":1200)"));
}

}  // namespace
}  // namespace ingot
