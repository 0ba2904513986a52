#include "io/error_tail.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "io/status.h"
#include "io/thread.h"

namespace ingot::io {
namespace {

constexpr size_t kReadBytes = 64 << 10;
// A pipe holds 64 KiB unless enlarged, 1 MiB at most without privileges: more cannot be left over
// from the program itself once it has ended.
constexpr int kLastReadsMax = 16;

}  // namespace

absl::StatusOr<std::unique_ptr<ErrorTail>> ErrorTail::Start(Fd pipe, size_t bytes_max) {
  if (fcntl(pipe.get(), F_SETFL, O_NONBLOCK) != 0)
    return ErrnoStatus(errno, "prepare", "the pipe of standard error");
  Fd stop(eventfd(0, EFD_CLOEXEC));
  if (!stop.valid()) return ErrnoStatus(errno, "make", "an eventfd");
  std::unique_ptr<ErrorTail> tail(new ErrorTail(std::move(pipe), std::move(stop), bytes_max));
  INGOT_ASSIGN_OR_RETURN(tail->thread_,
                         StartThread("error-tail", [tail = tail.get()] { tail->Run(); }));
  return tail;
}

ErrorTail::ErrorTail(Fd pipe, Fd stop, size_t bytes_max)
    : pipe_(std::move(pipe)), stop_(std::move(stop)), bytes_max_(bytes_max) {}

ErrorTail::~ErrorTail() { Stop(); }

const std::string& ErrorTail::Stop() {
  if (!thread_.joinable()) return tail_;
  const uint64_t one = 1;
  INGOT_CHECK(write(stop_.get(), &one, sizeof(one)) == sizeof(one));
  thread_.join();
  if (tail_.size() > bytes_max_) {
    tail_.erase(0, tail_.size() - bytes_max_);
    truncated_ = true;
  }
  const size_t line_end = tail_.find('\n');
  if (truncated_ && line_end != std::string::npos && line_end + 1 < tail_.size())
    tail_.erase(0, line_end + 1);
  return tail_;
}

void ErrorTail::Run() {
  while (!ended_) {
    pollfd fds[2] = {{pipe_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if ((fds[1].revents & POLLIN) != 0) {
      for (int i = 0; i < kLastReadsMax && ReadOnce(); ++i) {
      }
      return;
    }
    if (fds[0].revents != 0) ReadOnce();
  }
}

bool ErrorTail::ReadOnce() {
  char buffer[kReadBytes];
  const ssize_t size = read(pipe_.get(), buffer, sizeof(buffer));
  if (size > 0) {
    Keep(buffer, static_cast<size_t>(size));
    return true;
  }
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  ended_ = true;
  return false;
}

void ErrorTail::Keep(const char* data, size_t size) {
  tail_.append(data, size);
  if (tail_.size() <= kReadBytes + bytes_max_) return;
  tail_.erase(0, tail_.size() - bytes_max_);
  truncated_ = true;
}

}  // namespace ingot::io
