#include "io/status.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace ingot {
namespace {

// DataLoss, InvalidArgument, Unavailable, Aborted and Cancelled end as exit codes of their own, so
// no errno may become one of them.
absl::StatusCode CodeOfErrno(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ENODATA:
      return absl::StatusCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EMLINK:
    case EFBIG:
    case EAGAIN:
    case ENOLCK:
      return absl::StatusCode::kResourceExhausted;
    case ELOOP:
    case EXDEV:
    case EISDIR:
    case ENOTEMPTY:
    case ENAMETOOLONG:
    case EBUSY:
    case ETXTBSY:
    case EPIPE:
    case E2BIG:
    case EOVERFLOW:
      return absl::StatusCode::kFailedPrecondition;
    case EIO:  // the device, or the server that has it
    case ENODEV:
    case ENXIO:
    case ESTALE:
      return absl::StatusCode::kUnknown;
    case ENOSYS:
    case EOPNOTSUPP:
      return absl::StatusCode::kUnimplemented;
    case EINVAL:  // our own mistakes, as a rule
    case EBADF:
    case EFAULT:
      return absl::StatusCode::kInternal;
    default:
      return absl::StatusCode::kUnknown;
  }
}

}  // namespace

absl::Status ErrnoStatus(int error_number, absl::string_view operation, absl::string_view path) {
  char buffer[128];
  const char* text = strerror_r(error_number, buffer, sizeof(buffer));
  return absl::Status(CodeOfErrno(error_number),
                      absl::StrCat(operation, path.empty() ? "" : " ", path, ": ", text));
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&annotated](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

namespace internal {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

}  // namespace internal
}  // namespace ingot
