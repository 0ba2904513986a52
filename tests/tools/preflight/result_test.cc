#include "tools/preflight/result.h"

#include "tests/testing.h"
#include "tools/exit_code.h"

namespace ingot {
namespace {

using absl::StatusCode;

TEST(PreflightResultTest, NotesAndWarningsStopNothing) {
  PreflightResult result;
  result.Note("roles", "n");
  result.Warning("target", "w", "r");
  EXPECT_OK(result.verdict);
  ASSERT_EQ(result.checks.size(), 2u);
  EXPECT_EQ(CheckText(result.checks[0]), "n");
  EXPECT_EQ(CheckText(result.checks[1]), "w; r");
}

TEST(PreflightResultTest, TheWorstErrorIsTheVerdictWhateverTheOrder) {
  const std::vector<StatusCode> from_harmless = {
      StatusCode::kUnavailable, StatusCode::kResourceExhausted, StatusCode::kAborted,
      StatusCode::kInvalidArgument};
  for (size_t better = 0; better < from_harmless.size(); ++better) {
    for (size_t worse = better + 1; worse < from_harmless.size(); ++worse) {
      PreflightResult result;
      result.Error(from_harmless[better], "a", "better", "");
      result.Error(from_harmless[worse], "b", "worse", "mend it");
      result.Error(from_harmless[better], "c", "better again", "");
      EXPECT_EQ(result.verdict.code(), from_harmless[worse]);
      EXPECT_EQ(result.verdict.message(), "worse; mend it");

      PreflightResult joined;
      joined.Error(from_harmless[better], "d", "first", "");
      joined.Append(result);
      EXPECT_EQ(joined.verdict, result.verdict);
      EXPECT_EQ(joined.checks.size(), 4u);
    }
  }
}

TEST(PreflightResultTest, TheFirstOfAKindIsToldAndCodesAreAsAgreed) {
  PreflightResult result;
  result.Error(StatusCode::kAborted, "dump-program", "first", "");
  result.Error(StatusCode::kAborted, "database", "second", "");
  EXPECT_EQ(result.verdict.message(), "first");
  EXPECT_EQ(ExitCodeOf(result.verdict), ExitCode::kDumpFailed);
}

}  // namespace
}  // namespace ingot
