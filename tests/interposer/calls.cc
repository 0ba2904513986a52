// The C library's calls on files, each with its chance to go wrong.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <string>

#include "tests/interposer/fault.h"
#include "tests/interposer/wrap.h"

namespace {

using ingot::faults::Do;
using ingot::faults::Kind;
using ingot::faults::Meet;
using ingot::faults::Move;
using ingot::faults::Outcome;
using ingot::faults::PathOfFd;
using ingot::faults::PathOfName;
using ingot::faults::ReadOf;
using ingot::faults::Tell;
using ingot::faults::TellSync;
using ingot::faults::TellWrite;
using ingot::faults::Told;

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int Open(int directory_fd, const char* name, int flags, mode_t mode) {
  REAL(openat);
  const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const std::string path = PathOfName(directory_fd, name);
  constexpr char kOwnFds[] = "/proc/self/fd/";
  const bool reopens = std::strncmp(name, kOwnFds, sizeof(kOwnFds) - 1) == 0;
  const int fd = Do(creates   ? "create"
                    : reopens ? "reopen"
                              : "open",
                    path, creates ? Kind::kWriting : Kind::kReading,
                    [&] { return real(directory_fd, name, flags, mode); });
  if (fd >= 0 && (flags & O_CREAT) != 0) Tell("created\t" + path);
  return fd;
}

}  // namespace

extern "C" {

int open(const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(AT_FDCWD, name, flags, mode);
}

int openat(int directory_fd, const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(directory_fd, name, flags, mode);
}

long syscall(long number, ...) noexcept {
  REAL(syscall);
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  const auto call = [&] { return real(number, a[0], a[1], a[2], a[3], a[4], a[5]); };
  const auto path = [&] {
    return PathOfName(static_cast<int>(a[0]), reinterpret_cast<const char*>(a[1]));
  };
  constexpr long kCachestatCall = 451;  // the C library does not know it yet
  if (number == SYS_openat2) return Do("open", path(), Kind::kReading, call);
  if (number == kCachestatCall) {
    return Do("residency", PathOfFd(static_cast<int>(a[0])), Kind::kOther, call);
  }
  if (number == SYS_ioprio_get || number == SYS_ioprio_set) {
    return Do("priority", "io", Kind::kOther, call);
  }
  if (number == SYS_io_uring_register && a[1] == IORING_REGISTER_ENABLE_RINGS) {
    return Do("ring", "enable", Kind::kRing, call);
  }
  return call();
}

int close(int fd) {
  REAL(close);
  const std::string path = PathOfFd(fd);
  const Outcome outcome = Meet({"close", Told(path)});
  const int result = real(fd);  // also where it fails: the descriptor is gone
  if (outcome.error == 0) return result;
  errno = outcome.error;
  return -1;
}

ssize_t read(int fd, void* buffer, size_t bytes) {
  REAL(read);
  return Move(ReadOf(fd), fd, Kind::kReading, bytes,
              [=](size_t most) { return real(fd, buffer, most); });
}

ssize_t pread(int fd, void* buffer, size_t bytes, off_t offset) {
  REAL(pread);
  return Move(ReadOf(fd), fd, Kind::kReading, bytes,
              [=](size_t most) { return real(fd, buffer, most, offset); });
}

ssize_t write(int fd, const void* buffer, size_t bytes) {
  REAL(write);
  return Move("write", fd, Kind::kWriting, bytes,
              [=](size_t most) { return real(fd, buffer, most); });
}

ssize_t pwrite(int fd, const void* buffer, size_t bytes, off_t offset) {
  REAL(pwrite);
  return Move("write", fd, Kind::kWriting, bytes, [=](size_t most) {
    TellWrite(fd, static_cast<uint64_t>(offset), most);
    return real(fd, buffer, most, offset);
  });
}

ssize_t pwritev2(int fd, const struct iovec* pieces, int count, off_t offset, int flags) {
  REAL(pwritev2);
  return Move("write", fd, Kind::kWriting, pieces[0].iov_len, [=](size_t most) {
    const struct iovec piece = {pieces[0].iov_base, most};
    return count == 1 ? real(fd, &piece, 1, offset, flags) : real(fd, pieces, count, offset, flags);
  });
}

int fsync(int fd) {
  REAL(fsync);
  return Do("fsync", PathOfFd(fd), Kind::kWriting, [&] {
    const int result = real(fd);
    if (result == 0) TellSync(fd);
    return result;
  });
}

int syncfs(int fd) noexcept {
  REAL(syncfs);
  return Do("syncfs", PathOfFd(fd), Kind::kWriting, [&] {
    const int result = real(fd);
    if (result == 0) Tell("synced\tall");
    return result;
  });
}

int ftruncate(int fd, off_t size) noexcept {
  REAL(ftruncate);
  return Do("truncate", PathOfFd(fd), Kind::kWriting, [=] { return real(fd, size); });
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  REAL(fallocate);
  return Do("allocate", PathOfFd(fd), Kind::kWriting,
            [=] { return real(fd, mode, offset, length); });
}

off_t lseek(int fd, off_t offset, int whence) noexcept {
  REAL(lseek);
  return Do("seek", PathOfFd(fd), Kind::kReading, [=] { return real(fd, offset, whence); });
}

ssize_t getdents64(int fd, void* buffer, size_t bytes) noexcept {
  REAL(getdents64);
  return Do("list", PathOfFd(fd), Kind::kReading, [=] { return real(fd, buffer, bytes); });
}

int statx(int directory_fd, const char* name, int flags, unsigned mask,
          struct statx* out) noexcept {
  REAL(statx);
  return Do("stat", PathOfName(directory_fd, name), Kind::kReading,
            [=] { return real(directory_fd, name, flags, mask, out); });
}

int fstatat(int directory_fd, const char* name, struct stat* out, int flags) noexcept {
  REAL(fstatat);
  return Do("stat", PathOfName(directory_fd, name), Kind::kReading,
            [=] { return real(directory_fd, name, out, flags); });
}

int stat(const char* name, struct stat* out) noexcept {
  REAL(stat);
  return Do("stat", PathOfName(AT_FDCWD, name), Kind::kReading, [=] { return real(name, out); });
}

int lstat(const char* name, struct stat* out) noexcept {
  REAL(lstat);
  return Do("stat", PathOfName(AT_FDCWD, name), Kind::kReading, [=] { return real(name, out); });
}

int fstat(int fd, struct stat* out) noexcept {
  REAL(fstat);
  return Do("stat", PathOfFd(fd), Kind::kReading, [=] { return real(fd, out); });
}

int access(const char* name, int mode) noexcept {
  REAL(access);
  return Do("access", PathOfName(AT_FDCWD, name), Kind::kReading, [=] { return real(name, mode); });
}

int faccessat(int directory_fd, const char* name, int mode, int flags) noexcept {
  REAL(faccessat);
  return Do("access", PathOfName(directory_fd, name), Kind::kReading,
            [=] { return real(directory_fd, name, mode, flags); });
}

int statfs(const char* name, struct statfs* out) noexcept {
  REAL(statfs);
  return Do("statfs", PathOfName(AT_FDCWD, name), Kind::kReading, [=] { return real(name, out); });
}

int fstatfs(int fd, struct statfs* out) noexcept {
  REAL(fstatfs);
  return Do("statfs", PathOfFd(fd), Kind::kReading, [=] { return real(fd, out); });
}

int statvfs(const char* name, struct statvfs* out) noexcept {
  REAL(statvfs);
  return Do("statfs", PathOfName(AT_FDCWD, name), Kind::kReading, [=] { return real(name, out); });
}

int fstatvfs(int fd, struct statvfs* out) noexcept {
  REAL(fstatvfs);
  return Do("statfs", PathOfFd(fd), Kind::kReading, [=] { return real(fd, out); });
}

DIR* opendir(const char* name) {
  REAL(opendir);
  return Do(
      "open", PathOfName(AT_FDCWD, name), Kind::kReading, [=] { return real(name); }, nullptr);
}

DIR* fdopendir(int fd) {
  REAL(fdopendir);
  return Do(
      "list", PathOfFd(fd), Kind::kReading, [=] { return real(fd); }, nullptr);
}

struct dirent* readdir(DIR* directory) {
  REAL(readdir);
  return Do(
      "list", PathOfFd(dirfd(directory)), Kind::kReading, [=] { return real(directory); }, nullptr);
}

char* realpath(const char* name, char* resolved) noexcept {
  REAL(realpath);
  return Do(
      "resolve", PathOfName(AT_FDCWD, name), Kind::kReading, [=] { return real(name, resolved); },
      nullptr);
}

char* getcwd(char* buffer, size_t bytes) noexcept {
  REAL(getcwd);
  return Do(
      "resolve", ".", Kind::kReading, [=] { return real(buffer, bytes); }, nullptr);
}

int fcntl(int fd, int command, ...) {
  REAL(fcntl);
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return Do("fcntl", PathOfFd(fd), Kind::kOther, [=] { return real(fd, command, argument); });
}

int flock(int fd, int operation) noexcept {
  REAL(flock);
  return Do("lock", PathOfFd(fd), Kind::kOther, [=] { return real(fd, operation); });
}

void* mmap(void* at, size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  REAL(mmap);
  const auto call = [=] { return real(at, bytes, protection, flags, fd, offset); };
  return fd < 0 ? call() : Do("residency", PathOfFd(fd), Kind::kOther, call);
}

int mincore(void* at, size_t bytes, unsigned char* resident) noexcept {
  REAL(mincore);
  return Do("residency", "mapped", Kind::kOther, [=] { return real(at, bytes, resident); });
}

ssize_t readlinkat(int directory_fd, const char* name, char* buffer, size_t bytes) noexcept {
  REAL(readlinkat);
  return Do("readlink", PathOfName(directory_fd, name), Kind::kReading,
            [=] { return real(directory_fd, name, buffer, bytes); });
}

ssize_t flistxattr(int fd, char* list, size_t bytes) noexcept {
  REAL(flistxattr);
  return Do("listxattr", PathOfFd(fd), Kind::kReading, [=] { return real(fd, list, bytes); });
}

ssize_t llistxattr(const char* path, char* list, size_t bytes) noexcept {
  REAL(llistxattr);
  return Do("listxattr", PathOfName(AT_FDCWD, path), Kind::kReading,
            [=] { return real(path, list, bytes); });
}

ssize_t fgetxattr(int fd, const char* name, void* value, size_t bytes) noexcept {
  REAL(fgetxattr);
  return Do("getxattr", PathOfFd(fd), Kind::kReading, [=] { return real(fd, name, value, bytes); });
}

ssize_t lgetxattr(const char* path, const char* name, void* value, size_t bytes) noexcept {
  REAL(lgetxattr);
  return Do("getxattr", PathOfName(AT_FDCWD, path), Kind::kReading,
            [=] { return real(path, name, value, bytes); });
}

}  // extern "C"
