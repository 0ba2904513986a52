#include "tools/restore/restore_outcome.h"

#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

TEST(RestoreOutcomeTest, ADatabaseWithoutTheTablesFailsWhereTheBackupHadThem) {
  RestoredJoin now;
  now.result.outcome = JoinOutcome::kNotPossible;
  now.result.reason = "the database has no tables";
  Manifest manifest;
  const auto told = [&](ExitCode expected) {
    testing::internal::CaptureStderr();
    Report report(stderr, ReportOptions());
    EXPECT_EQ(TellJoin(now, manifest, report), expected);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(told(ExitCode::kDone), HasSubstr("was not proved: the database has no tables"));
  manifest.join.emplace();
  manifest.join->outcome = JoinOutcome::kNotPossible;
  told(ExitCode::kDone);
  manifest.join->outcome = JoinOutcome::kProved;
  manifest.join->url_rows = 3;
  EXPECT_THAT(told(ExitCode::kFailed),
              HasSubstr("was not restored as it was: the database has no tables"));
}

}  // namespace
}  // namespace ingot
