// The C library's calls on sockets, as libcurl makes them.
#include <sys/socket.h>

#include "tests/interposer/fault.h"
#include "tests/interposer/wrap.h"

namespace {

using ingot::faults::Do;
using ingot::faults::Kind;
using ingot::faults::Move;
using ingot::faults::PathOfFd;

}  // namespace

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  REAL(socket);
  return Do("socket", "make", Kind::kOther, [=] { return real(domain, type, protocol); });
}

int connect(int fd, const struct sockaddr* address, socklen_t bytes) {
  REAL(connect);
  return Do("connect", PathOfFd(fd), Kind::kOther, [=] { return real(fd, address, bytes); });
}

ssize_t send(int fd, const void* data, size_t bytes, int flags) {
  REAL(send);
  return Move("send", fd, Kind::kOther, bytes,
              [=](size_t some) { return real(fd, data, some, flags); });
}

ssize_t recv(int fd, void* buffer, size_t bytes, int flags) {
  REAL(recv);
  return Move("receive", fd, Kind::kOther, bytes,
              [=](size_t some) { return real(fd, buffer, some, flags); });
}

}  // extern "C"
