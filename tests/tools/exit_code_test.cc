#include "tools/exit_code.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot {
namespace {

TEST(ExitCodeTest, StatusCodesHaveTheDocumentedMeaning) {
  EXPECT_EQ(static_cast<int>(ExitCodeOf(absl::OkStatus())), 0);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(absl::InvalidArgumentError(""))), 2);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(absl::DataLossError(""))), 4);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(absl::AbortedError(""))), 5);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(absl::UnavailableError(""))), 75);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(absl::CancelledError(""))), 130);
}

TEST(ExitCodeTest, EveryOtherErrorIsOne) {
  for (absl::StatusCode code :
       {absl::StatusCode::kUnknown, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kNotFound, absl::StatusCode::kAlreadyExists,
        absl::StatusCode::kPermissionDenied, absl::StatusCode::kResourceExhausted,
        absl::StatusCode::kFailedPrecondition, absl::StatusCode::kOutOfRange,
        absl::StatusCode::kUnimplemented, absl::StatusCode::kInternal,
        absl::StatusCode::kUnauthenticated}) {
    EXPECT_EQ(static_cast<int>(ExitCodeOf(absl::Status(code, ""))), 1) << code;
  }
}

TEST(ExitCodeTest, HelpNamesEveryCode) {
  for (ExitCode code : {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage, ExitCode::kIncomplete,
                        ExitCode::kDamaged, ExitCode::kDumpFailed, ExitCode::kContentMissing,
                        ExitCode::kTryLater, ExitCode::kInterrupted}) {
    EXPECT_TRUE(absl::StrContains(kExitCodeHelp, absl::StrCat(" ", static_cast<int>(code), "  ")))
        << static_cast<int>(code);
  }
}

}  // namespace
}  // namespace ingot
