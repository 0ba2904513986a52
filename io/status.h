// Status helpers: what Abseil 20220623 leaves out, and the one place where errno becomes a Status.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ingot {

// "<operation> <path>: <strerror>", without the path where it is "": who has only a descriptor
// leaves it to the caller. With the code chosen by errno (see status.cc). Codes that the command
// line gives a meaning of its own (DataLoss, InvalidArgument, Unavailable, Aborted, Cancelled:
// tools/exit_code.h) are never produced from an errno.
absl::Status ErrnoStatus(int error_number, absl::string_view operation, absl::string_view path);

// The same status with "<context>: " before its message.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

namespace internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}  // namespace internal
}  // namespace ingot

// A broken invariant of our own: abort with the place. Never for what a file or a user can cause.
#define INGOT_CHECK(condition)        \
  ((condition) ? static_cast<void>(0) \
               : ::ingot::internal::CheckFailed(__FILE__, __LINE__, #condition))

#define INGOT_RETURN_IF_ERROR(expression)                                                     \
  do {                                                                                        \
    if (absl::Status ingot_status_ = (expression); !ingot_status_.ok()) return ingot_status_; \
  } while (false)

#define INGOT_CONCAT_INNER(a, b) a##b
#define INGOT_CONCAT(a, b) INGOT_CONCAT_INNER(a, b)
#define INGOT_ASSIGN_OR_RETURN(target, expression) \
  INGOT_ASSIGN_OR_RETURN_INNER(INGOT_CONCAT(ingot_status_or_, __LINE__), target, expression)
#define INGOT_ASSIGN_OR_RETURN_INNER(holder, target, expression) \
  auto holder = (expression);                                    \
  if (!holder.ok()) return std::move(holder).status();           \
  target = *std::move(holder)
