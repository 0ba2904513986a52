// The C library's calls, each with its chance to go wrong.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <string>

#include "tests/interposer/fault.h"

namespace {

using ingot::faults::Keep;
using ingot::faults::Kind;
using ingot::faults::Meet;
using ingot::faults::Outcome;
using ingot::faults::PathOfFd;
using ingot::faults::PathOfName;
using ingot::faults::Tell;
using ingot::faults::TellSync;
using ingot::faults::TellWrite;
using ingot::faults::Told;

// The definition that this one stands before.
#define REAL(name) \
  static auto* const real = reinterpret_cast<decltype(&::name)>(dlsym(RTLD_NEXT, #name))

// -1 with errno set where it goes wrong, else what `call` returns.
template <typename Call>
auto Do(const char* name, const std::string& path, Kind kind, Call call) -> decltype(call()) {
  const Outcome outcome = Meet({name, Told(path), kind});
  if (outcome.error == 0) return call();
  errno = outcome.error;
  return -1;
}

template <typename Call>
ssize_t Move(const char* name, int fd, Kind kind, size_t bytes, Call call) {
  const Outcome outcome = Meet({name, Told(PathOfFd(fd)), kind, bytes});
  if (outcome.error == 0) return call(outcome.bytes);
  errno = outcome.error;
  return -1;
}

// A change of names, told with all that a power cut needs to take it back.
template <typename Call>
int Rename(const char* name, int from_fd, const char* from, int to_fd, const char* to, Call call) {
  const std::string source = PathOfName(from_fd, from);
  const std::string target = PathOfName(to_fd, to);
  return Do(name, target, Kind::kWriting, [&] {
    const std::string kept = Keep(to_fd, to);
    const int result = call();
    const int error = errno;
    if (result == 0) Tell(std::string(name) + "d\t" + source + '\t' + target + '\t' + kept);
    errno = error;
    return result;
  });
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int Open(int directory_fd, const char* name, int flags, mode_t mode) {
  REAL(openat);
  const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const std::string path = PathOfName(directory_fd, name);
  const int fd = Do(creates ? "create" : "open", path, creates ? Kind::kWriting : Kind::kReading,
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
  if (number != SYS_openat2) return call();
  const std::string path = PathOfName(static_cast<int>(a[0]), reinterpret_cast<const char*>(a[1]));
  return Do("open", path, Kind::kReading, call);
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
  return Move("read", fd, Kind::kReading, bytes,
              [=](size_t most) { return real(fd, buffer, most); });
}

ssize_t pread(int fd, void* buffer, size_t bytes, off_t offset) {
  REAL(pread);
  return Move("read", fd, Kind::kReading, bytes,
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

int fsetxattr(int fd, const char* name, const void* value, size_t bytes, int flags) noexcept {
  REAL(fsetxattr);
  return Do("setxattr", PathOfFd(fd), Kind::kWriting,
            [=] { return real(fd, name, value, bytes, flags); });
}

int fchmod(int fd, mode_t mode) noexcept {
  REAL(fchmod);
  return Do("chmod", PathOfFd(fd), Kind::kWriting, [=] { return real(fd, mode); });
}

int fchmodat(int directory_fd, const char* name, mode_t mode, int flags) noexcept {
  REAL(fchmodat);
  return Do("chmod", PathOfName(directory_fd, name), Kind::kWriting,
            [=] { return real(directory_fd, name, mode, flags); });
}

int fchown(int fd, uid_t uid, gid_t gid) noexcept {
  REAL(fchown);
  return Do("chown", PathOfFd(fd), Kind::kWriting, [=] { return real(fd, uid, gid); });
}

int fchownat(int directory_fd, const char* name, uid_t uid, gid_t gid, int flags) noexcept {
  REAL(fchownat);
  return Do("chown", PathOfName(directory_fd, name), Kind::kWriting,
            [=] { return real(directory_fd, name, uid, gid, flags); });
}

int futimens(int fd, const struct timespec times[2]) noexcept {
  REAL(futimens);
  return Do("utimes", PathOfFd(fd), Kind::kWriting, [=] { return real(fd, times); });
}

int utimensat(int directory_fd, const char* name, const struct timespec times[2],
              int flags) noexcept {
  REAL(utimensat);
  return Do("utimes", PathOfName(directory_fd, name), Kind::kWriting,
            [=] { return real(directory_fd, name, times, flags); });
}

int mkdir(const char* name, mode_t mode) noexcept {
  REAL(mkdir);
  return Do("mkdir", PathOfName(AT_FDCWD, name), Kind::kWriting, [=] { return real(name, mode); });
}

int mkdirat(int directory_fd, const char* name, mode_t mode) noexcept {
  REAL(mkdirat);
  return Do("mkdir", PathOfName(directory_fd, name), Kind::kWriting,
            [=] { return real(directory_fd, name, mode); });
}

int symlinkat(const char* target, int directory_fd, const char* name) noexcept {
  REAL(symlinkat);
  return Do("symlink", PathOfName(directory_fd, name), Kind::kWriting,
            [=] { return real(target, directory_fd, name); });
}

int mknodat(int directory_fd, const char* name, mode_t mode, dev_t device) noexcept {
  REAL(mknodat);
  return Do("mknod", PathOfName(directory_fd, name), Kind::kWriting,
            [=] { return real(directory_fd, name, mode, device); });
}

int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) noexcept {
  REAL(linkat);
  const std::string target = PathOfName(to_fd, to);
  return Do("link", target, Kind::kWriting, [&] {
    const int result = real(from_fd, from, to_fd, to, flags);
    if (result == 0) Tell("linked\t" + target);
    return result;
  });
}

int renameat(int from_fd, const char* from, int to_fd, const char* to) noexcept {
  REAL(renameat);
  return Rename("rename", from_fd, from, to_fd, to, [=] { return real(from_fd, from, to_fd, to); });
}

int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) noexcept {
  REAL(renameat2);
  return Rename("rename", from_fd, from, to_fd, to,
                [=] { return real(from_fd, from, to_fd, to, flags); });
}

int unlinkat(int directory_fd, const char* name, int flags) noexcept {
  REAL(unlinkat);
  const std::string path = PathOfName(directory_fd, name);
  return Do("unlink", path, Kind::kOther, [&] {
    const std::string kept = Keep(directory_fd, name);
    const int result = real(directory_fd, name, flags);
    const int error = errno;
    if (result == 0) Tell("unlinked\t" + path + '\t' + kept);
    errno = error;
    return result;
  });
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) noexcept {
  REAL(pthread_create);
  const Outcome outcome = Meet({"thread", "start"});
  return outcome.error != 0 ? outcome.error : real(thread, attributes, run, argument);
}

}  // extern "C"
