#include "io/stream_output.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "io/blocking.h"
#include "io/fatal.h"
#include "io/fd.h"
#include "io/file_stat.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr int kPollMilliseconds = 200;  // how soon an interruption is heard
constexpr int kAbandonPolls = 5;        // then a reader that takes nothing is given up

bool CanStall(int fd) {
  struct stat stat;
  return fstat(fd, &stat) == 0 && !S_ISREG(stat.st_mode);
}

// What the reader takes right now, where it `can_stall`. A pipe that cannot say so (before
// Linux 6.4) takes this much whenever poll(2) says that it is writable.
ssize_t WriteReady(int fd, bool can_stall, absl::Span<const char> data) {
  const size_t size = std::min<uint64_t>(data.size(), kCallBytesMax);
  if (!can_stall) return write(fd, data.data(), size);
  struct iovec piece = {const_cast<char*>(data.data()), size};
  const ssize_t written = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
  if (written >= 0 ||
      (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS && errno != ESPIPE)) {
    return written;
  }
  return write(fd, data.data(), std::min<size_t>(data.size(), PIPE_BUF));
}

// Waits in poll(2) only: a write(2) that has begun to wait for a reader ends for no interruption.
// `abandoning`: interrupted or not, but not for long.
absl::Status WriteStream(int fd, const std::string& name, absl::Span<const char> data,
                         bool abandoning) {
  const bool can_stall = CanStall(fd);
  int polls = 0;
  while (!data.empty()) {
    if (can_stall) {
      struct pollfd ready = {.fd = fd, .events = POLLOUT, .revents = 0};
      if (poll(&ready, 1, kPollMilliseconds) <= 0) {
        if (abandoning && ++polls == kAbandonPolls)
          return absl::CancelledError("the reader takes nothing");
        if (!abandoning) INGOT_RETURN_IF_ERROR(CheckInterrupted());
        continue;
      }
    }
    const ssize_t written = WriteReady(fd, can_stall, data);
    if (written > 0) {
      data.remove_prefix(static_cast<size_t>(written));
    } else if (written == 0) {
      return ErrnoStatus(EIO, "write", name);
    } else if (errno != EINTR && errno != EAGAIN) {
      return ErrnoStatus(errno, "write", name);
    }
  }
  return absl::OkStatus();
}

class StreamOutput final : public Output {
 public:
  StreamOutput(int fd, Fd owned, std::string name, RateLimit* write_limit)
      : fd_(fd), owned_(std::move(owned)), name_(std::move(name)), write_limit_(write_limit) {
    SetUnfinishedStream(fd);
  }
  ~StreamOutput() override { Abandon(); }

  void Append(absl::Span<const char> data, WriteQueue::Done done) override { done(Write(data)); }
  bool CanPatch() const override { return false; }
  absl::Status ReadBack(uint64_t, absl::Span<char>) override {
    return absl::FailedPreconditionError(
        absl::StrCat("read back ", name_, ": a stream cannot be read again"));
  }
  absl::Status Patch(absl::Span<const char>, uint64_t) override {
    return absl::UnimplementedError(absl::StrCat("a stream cannot be patched: ", name_));
  }
  absl::Status AppendTail(absl::Span<const char> data) override { return Write(data); }
  absl::Status Publish() override;
  void Abandon() override;
  uint64_t size() const override { return size_; }
  std::pair<uint64_t, uint64_t> identity() const override {
    const absl::StatusOr<FileStat> stat = StatFd(fd_);
    if (!stat.ok() || !stat->IsRegular()) return {0, 0};
    return {stat->device, stat->inode};
  }

 private:
  absl::Status Write(absl::Span<const char> data) {
    INGOT_CHECK(!ended_);
    size_ += data.size();
    if (data.empty() || !error_.ok()) return error_;
    // The byte that was held back goes together with what follows it.
    const size_t first = std::min<size_t>(data.size() - 1, PIPE_BUF - held_back_.size());
    Put(absl::StrCat(held_back_, absl::string_view(data.data(), first)));
    Put(data.subspan(first, data.size() - 1 - first));
    held_back_.assign(1, data.back());
    return error_;
  }

  void Put(absl::Span<const char> data) {
    MoveInPieces(write_limit_, data.size(), [this, data](uint64_t at, uint64_t length) {
      if (error_.ok()) {
        error_ = WriteStream(fd_, name_, data.subspan(at, length), /*abandoning=*/false);
      }
      return error_.ok();
    });
  }

  const int fd_;
  Fd owned_;
  const std::string name_;
  RateLimit* const write_limit_;
  // Always the last byte so far: where a stream breaks off, it breaks off inside a frame, and zstd
  // and tar notice. Between frames they take it for the end.
  std::string held_back_;
  absl::Status error_;  // the first
  uint64_t size_ = 0;
  bool ended_ = false;  // published or abandoned
};

absl::Status StreamOutput::Publish() {
  INGOT_CHECK(!ended_);
  Put(held_back_);
  // Standard output may be a file; what else it may be has nothing to flush and says so.
  if (error_.ok() && fsync(fd_) != 0 && errno != EINVAL && errno != EROFS && errno != EOPNOTSUPP) {
    error_ = ErrnoStatus(errno, "fsync", name_);
  }
  if (!error_.ok()) {
    Abandon();
    return error_;
  }
  ended_ = true;
  SetUnfinishedStream(-1);
  return owned_.Close(name_);
}

void StreamOutput::Abandon() {
  if (std::exchange(ended_, true)) return;
  SetUnfinishedStream(-1);
  held_back_.append(kBareMagic.data(), kBareMagic.size());
  WriteStream(fd_, name_, held_back_, /*abandoning=*/true).IgnoreError();
}

}  // namespace

void SpoilStream(int fd) {
  const bool can_stall = CanStall(fd);
  struct pollfd ready = {.fd = fd, .events = POLLOUT, .revents = 0};
  if (can_stall && poll(&ready, 1, 0) <= 0) return;
  // Without it the stream still breaks off inside a frame.
  static_cast<void>(!WriteReady(fd, can_stall, kBareMagic));
}

std::unique_ptr<Output> NewStreamOutput(int fd, std::string name, RateLimit* write_limit) {
  return std::make_unique<StreamOutput>(fd, Fd(), std::move(name), write_limit);
}

absl::StatusOr<std::unique_ptr<Output>> OpenStreamOutput(const std::string& path,
                                                         RateLimit* write_limit) {
  int fd = -1;
  do {  // a pipe's open waits for its reader
    INGOT_RETURN_IF_ERROR(CheckInterrupted());
    fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return ErrnoStatus(errno, "open", path);
  return std::make_unique<StreamOutput>(fd, Fd(fd), path, write_limit);
}

}  // namespace ingot::io
