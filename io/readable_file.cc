#include "io/readable_file.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "io/aligned_buffer.h"
#include "io/blocking.h"
#include "io/file_stat.h"
#include "io/page_cache.h"
#include "io/reopen.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr char kBrokenPipePayload[] = "ingot/broken-pipe";

bool IsAligned(uint64_t value) { return value % kDirectAlignment == 0; }

}  // namespace

absl::StatusOr<ReadableFile> ReadableFile::Open(const std::string& path) {
  // O_NONBLOCK: a FIFO must not block us before it is refused.
  OpenRequest request{
      .directory_fd = AT_FDCWD, .name = path.c_str(), .flags = O_RDONLY | O_NONBLOCK};
  OpenBlocking(&request);
  const absl::Status not_regular =
      absl::FailedPreconditionError(absl::StrCat("open ", path, ": not a regular file"));
  if (request.result == -ENXIO) return not_regular;  // a socket, a device's node without it
  if (request.result < 0) return ErrnoStatus(-request.result, "open", path);
  Fd fd(request.result);
  const absl::StatusOr<FileStat> stat = StatFd(fd.get());
  if (!stat.ok()) return Annotate(stat.status(), absl::StrCat("open ", path));
  if (!stat->IsRegular()) return not_regular;
  ReadableFile file(std::move(fd), path, stat->size);
  file.direct_fd_ = ReopenDirect(file.fd_.get());
  return file;
}

absl::Status ReadableFile::ReadAt(uint64_t offset, absl::Span<char> out) const {
  if (offset > size_ || out.size() > size_ - offset) {
    return absl::OutOfRangeError(absl::StrCat("read ", path_, ": ", out.size(), " bytes at ",
                                              offset, " lie past its end at ", size_));
  }
  absl::Status status;
  MoveInPieces(limit_.get(), out.size(), [&](uint64_t at, uint64_t length) {
    status = ReadNow(offset + at, out.subspan(at, length));
    return status.ok();
  });
  return status;
}

absl::Status ReadableFile::ReadNow(uint64_t offset, absl::Span<char> out) const {
  bool direct = direct_fd_.valid() && IsAligned(offset) && IsAligned(out.size()) &&
                IsAligned(reinterpret_cast<uintptr_t>(out.data())) &&
                IsCold(fd_.get(), offset, out.size());
  size_t done = 0;
  Retry retry;
  while (done < out.size()) {
    const ssize_t got = pread(direct ? direct_fd_.get() : fd_.get(), out.data() + done,
                              out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && std::exchange(direct, false)) continue;  // the page cache may have it
    if (got < 0 && retry.IsWorthwhile(errno)) continue;
    if (got < 0) return ErrnoStatus(errno, "read", path_);
    if (got == 0) {
      return absl::OutOfRangeError(
          absl::StrCat("read ", path_, ": it became shorter while being read"));
    }
    done += static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

void ReadableFile::ReadAhead(uint64_t offset, uint64_t length) const {
  if (limit_ != nullptr || direct_fd_.valid()) return;
  // Only a hint: what goes wrong here shows when the bytes are read.
  static_cast<void>(posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                                  POSIX_FADV_WILLNEED));
}

absl::Status WriteFully(int fd, absl::Span<const char> data, const std::string& path) {
  size_t done = 0;
  while (done < data.size()) {
    const ssize_t put = write(fd, data.data() + done, data.size() - done);
    if (put >= 0) {
      done += static_cast<size_t>(put);
    } else if (errno == EPIPE) {
      absl::Status status = ErrnoStatus(errno, "write", path);
      status.SetPayload(kBrokenPipePayload, absl::Cord());
      return status;
    } else if (errno == EAGAIN) {  // whoever shares it made it non-blocking
      pollfd ready = {fd, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return ErrnoStatus(errno, "write", path);
    }
  }
  return absl::OkStatus();
}

bool IsBrokenPipe(const absl::Status& status) {
  return status.GetPayload(kBrokenPipePayload).has_value();
}

}  // namespace ingot::io
