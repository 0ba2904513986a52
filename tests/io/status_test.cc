#include "io/status.h"

#include <cerrno>
#include <cstring>

#include "tests/testing.h"

namespace ingot {
namespace {

TEST(StatusTest, MessageNamesOperationAndPath) {
  const absl::Status status = ErrnoStatus(ENOSPC, "write", "/backup/file");
  EXPECT_EQ(status.message(), "write /backup/file: No space left on device");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(StatusTest, CodesOfErrno) {
  const std::pair<int, absl::StatusCode> kExpected[] = {
      {ENOENT, absl::StatusCode::kNotFound},
      {ENOTDIR, absl::StatusCode::kNotFound},
      {EACCES, absl::StatusCode::kPermissionDenied},
      {EPERM, absl::StatusCode::kPermissionDenied},
      {EROFS, absl::StatusCode::kPermissionDenied},
      {EEXIST, absl::StatusCode::kAlreadyExists},
      {EDQUOT, absl::StatusCode::kResourceExhausted},
      {EMFILE, absl::StatusCode::kResourceExhausted},
      {ELOOP, absl::StatusCode::kFailedPrecondition},
      {EXDEV, absl::StatusCode::kFailedPrecondition},
      {ENOSYS, absl::StatusCode::kUnimplemented},
      {EINVAL, absl::StatusCode::kInternal},
      {EIO, absl::StatusCode::kUnknown},
  };
  for (const auto& [error_number, code] : kExpected) {
    EXPECT_EQ(ErrnoStatus(error_number, "x", "y").code(), code) << std::strerror(error_number);
  }
}

TEST(StatusTest, NoErrnoHasAnExitCodeOfItsOwn) {
  for (int error_number = 1; error_number < 200; ++error_number) {
    const absl::Status status = ErrnoStatus(error_number, "x", "y");
    EXPECT_FALSE(status.ok()) << error_number;
    EXPECT_FALSE(absl::IsDataLoss(status)) << error_number;
    EXPECT_FALSE(absl::IsInvalidArgument(status)) << error_number;
    EXPECT_FALSE(absl::IsUnavailable(status)) << error_number;
    EXPECT_FALSE(absl::IsAborted(status)) << error_number;
    EXPECT_FALSE(absl::IsCancelled(status)) << error_number;
  }
}

TEST(StatusTest, AnnotateKeepsTheCode) {
  const absl::Status status = Annotate(absl::DataLossError("bad hash"), "frame 3");
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_EQ(status.message(), "frame 3: bad hash");
  EXPECT_OK(Annotate(absl::OkStatus(), "frame 3"));
}

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return absl::OutOfRangeError("odd");
  return value / 2;
}

absl::StatusOr<int> Quarter(int value) {
  INGOT_ASSIGN_OR_RETURN(const int half, Half(value));
  INGOT_RETURN_IF_ERROR(Half(half).status());
  return Half(half);
}

TEST(StatusTest, MacrosReturnErrorsAndAssignValues) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_TRUE(absl::IsOutOfRange(Quarter(6).status()));
  EXPECT_TRUE(absl::IsOutOfRange(Quarter(5).status()));
}

TEST(StatusDeathTest, CheckNamesPlaceAndCondition) {
  const int one = 1;
  INGOT_CHECK(one == 1);
  EXPECT_DEATH(INGOT_CHECK(one == 2), "status_test.cc:[0-9]+: broken invariant: one == 2");
}

}  // namespace
}  // namespace ingot
