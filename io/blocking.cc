#include "io/blocking.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/aligned_buffer.h"
#include "io/page_cache.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr int kAgainAttemptsMax = 100;
constexpr long kAgainNanoseconds = 10'000'000;

constexpr uint64_t kSectorBytes = 512;  // of nearly all devices; what others refuse is buffered

}  // namespace

bool Retry::IsWorthwhile(int error_number) {
  if (error_number == EINTR) return true;
  if (error_number != EAGAIN || ++again_attempts_ > kAgainAttemptsMax) return false;
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = kAgainNanoseconds};
  nanosleep(&pause, nullptr);
  return true;
}

void OpenBlocking(OpenRequest* request) {
  Retry retry;
  while (true) {
    request->result = openat(request->directory_fd, request->name, request->flags | O_CLOEXEC);
    if (request->result >= 0) return;
    const int error = errno;
    if (error == EPERM && (request->flags & O_NOATIME) != 0) {
      request->flags &= ~O_NOATIME;  // only a file's owner may
      continue;
    }
    if (!retry.IsWorthwhile(error)) {
      request->result = -error;
      return;
    }
  }
}

Progress NoteRead(ReadRequest* request, uint64_t* done, int64_t result) {
  if (result > 0) {
    *done += static_cast<uint64_t>(result);
    if (*done < request->length) return Progress::kRepeat;
    request->result = static_cast<int64_t>(request->length);  // whole sectors may be more
    return Progress::kEnded;
  }
  request->result = result == 0 ? static_cast<int64_t>(*done) : result;
  return Progress::kEnded;
}

void ReadBlocking(ReadRequest* request, uint64_t done) {
  int direct_fd = done == 0 ? DirectFd(*request) : -1;
  bool direct_refused = false;
  Retry retry;
  while (true) {
    const bool direct = direct_fd >= 0;
    const uint64_t length = direct ? DirectLength(*request) : request->length;
    const ssize_t got =
        pread(direct ? direct_fd : request->fd, request->data + done,
              std::min(length - done, kCallBytesMax), static_cast<off_t>(request->offset + done));
    if (got < 0 && retry.IsWorthwhile(errno)) continue;
    const int64_t result = got < 0 ? -errno : got;
    if (IsForBuffered(result, direct) && !direct_refused) {
      direct_refused = true;
      direct_fd = -1;
      DropDirect(request->fd);
      continue;
    }
    if (NoteRead(request, &done, result) == Progress::kEnded) return;
  }
}

bool IsForBuffered(int64_t result, bool direct) {
  return result == -EINVAL || (direct && result < 0 && result != -EAGAIN && result != -EINTR);
}

uint64_t DirectLength(const ReadRequest& request) { return RoundUp(request.length, kSectorBytes); }

int DirectFd(const ReadRequest& request) {
  if (!request.may_bypass_cache || request.length == 0) return -1;
  if (request.offset % kSectorBytes != 0 ||
      reinterpret_cast<uintptr_t>(request.data) % kSectorBytes != 0 ||
      DirectLength(request) - request.length > request.slack) {
    return -1;
  }
  if (!IsCold(request.fd, request.offset, request.length)) return -1;
  if (request.direct_fd >= 0) return request.direct_fd;
  const int flags = fcntl(request.fd, F_GETFL);
  return flags >= 0 && fcntl(request.fd, F_SETFL, flags | O_DIRECT) == 0 ? request.fd : -1;
}

bool DropDirect(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_DIRECT) == 0) return false;
  return fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0;
}

absl::Status WriteBlocking(int fd, absl::string_view path, absl::Span<const char> data,
                           uint64_t offset) {
  Retry retry;
  bool buffered = false;
  while (!data.empty()) {
    const ssize_t written = pwrite(fd, data.data(), std::min<uint64_t>(data.size(), kCallBytesMax),
                                   static_cast<off_t>(offset));
    if (written > 0) {
      data.remove_prefix(static_cast<size_t>(written));
      offset += static_cast<uint64_t>(written);
      continue;
    }
    const int error = written == 0 ? EIO : errno;
    if (retry.IsWorthwhile(error)) continue;
    if (error == EINVAL && !buffered) {
      // Also when another write has just dropped it: this one may have begun before.
      buffered = true;
      DropDirect(fd);
      continue;
    }
    return ErrnoStatus(error, "write", path);
  }
  return absl::OkStatus();
}

}  // namespace ingot::io
