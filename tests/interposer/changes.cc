// The C library's calls that change names or metadata.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tests/interposer/fault.h"
#include "tests/interposer/wrap.h"

namespace {

using ingot::faults::Do;
using ingot::faults::Keep;
using ingot::faults::Kind;
using ingot::faults::PathOfFd;
using ingot::faults::PathOfName;
using ingot::faults::Tell;

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

}  // namespace

extern "C" {

int fsetxattr(int fd, const char* name, const void* value, size_t bytes, int flags) noexcept {
  REAL(fsetxattr);
  return Do("setxattr", PathOfFd(fd), Kind::kWriting,
            [=] { return real(fd, name, value, bytes, flags); });
}

int setxattr(const char* path, const char* name, const void* value, size_t bytes,
             int flags) noexcept {
  REAL(setxattr);
  return Do("setxattr", PathOfName(AT_FDCWD, path), Kind::kWriting,
            [=] { return real(path, name, value, bytes, flags); });
}

int fremovexattr(int fd, const char* name) noexcept {
  REAL(fremovexattr);
  return Do("removexattr", PathOfFd(fd), Kind::kWriting, [=] { return real(fd, name); });
}

int removexattr(const char* path, const char* name) noexcept {
  REAL(removexattr);
  return Do("removexattr", PathOfName(AT_FDCWD, path), Kind::kWriting,
            [=] { return real(path, name); });
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

int chmod(const char* name, mode_t mode) noexcept {
  REAL(chmod);
  return Do("chmod", PathOfName(AT_FDCWD, name), Kind::kWriting, [=] { return real(name, mode); });
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

int chown(const char* name, uid_t uid, gid_t gid) noexcept {
  REAL(chown);
  return Do("chown", PathOfName(AT_FDCWD, name), Kind::kWriting,
            [=] { return real(name, uid, gid); });
}

int lchown(const char* name, uid_t uid, gid_t gid) noexcept {
  REAL(lchown);
  return Do("chown", PathOfName(AT_FDCWD, name), Kind::kWriting,
            [=] { return real(name, uid, gid); });
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

}  // extern "C"
