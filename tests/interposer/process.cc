// The C library's calls on processes, threads, pipes and whatever else is no file.
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/interposer/fault.h"
#include "tests/interposer/wrap.h"

namespace {

using ingot::faults::Do;
using ingot::faults::Kind;
using ingot::faults::Meet;
using ingot::faults::PathOfFd;

// What gives an error's number back and leaves errno alone.
template <typename Call>
int Number(const char* name, const char* what, Call call) {
  const int error = Meet({name, what}).error;
  return error != 0 ? error : call();
}

}  // namespace

extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) noexcept {
  REAL(pthread_create);
  return Number("thread", "start", [=] { return real(thread, attributes, run, argument); });
}

pid_t fork() noexcept {
  REAL(fork);
  return Do("process", "fork", Kind::kOther, [] { return real(); });
}

pid_t waitpid(pid_t pid, int* status, int options) {
  REAL(waitpid);
  return Do("wait", "child", Kind::kOther, [=] { return real(pid, status, options); });
}

int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  REAL(waitid);
  return Do("wait", "child", Kind::kOther, [=] { return real(type, id, info, options); });
}

int pipe2(int ends[2], int flags) noexcept {
  REAL(pipe2);
  return Do("pipe", "make", Kind::kOther, [=] { return real(ends, flags); });
}

int eventfd(unsigned value, int flags) noexcept {
  REAL(eventfd);
  return Do("eventfd", "make", Kind::kOther, [=] { return real(value, flags); });
}

int memfd_create(const char* name, unsigned flags) noexcept {
  REAL(memfd_create);
  return Do("memfd", "make", Kind::kOther, [=] { return real(name, flags); });
}

int poll(struct pollfd* fds, nfds_t count, int milliseconds) {
  REAL(poll);
  return Do("poll", count > 0 ? PathOfFd(fds[0].fd) : "-", Kind::kOther,
            [=] { return real(fds, count, milliseconds); });
}

ssize_t getrandom(void* buffer, size_t bytes, unsigned flags) {
  REAL(getrandom);
  return Do("random", "-", Kind::kOther, [=] { return real(buffer, bytes, flags); });
}

int setpriority(__priority_which_t which, id_t who, int priority) noexcept {
  REAL(setpriority);
  return Do("priority", "processor", Kind::kOther, [=] { return real(which, who, priority); });
}

int getpwuid_r(uid_t uid, struct passwd* record, char* buffer, size_t bytes,
               struct passwd** found) {
  REAL(getpwuid_r);
  return Number("identity", "user", [=] { return real(uid, record, buffer, bytes, found); });
}

int getgrgid_r(gid_t gid, struct group* record, char* buffer, size_t bytes, struct group** found) {
  REAL(getgrgid_r);
  return Number("identity", "group", [=] { return real(gid, record, buffer, bytes, found); });
}

int getpwnam_r(const char* name, struct passwd* record, char* buffer, size_t bytes,
               struct passwd** found) {
  REAL(getpwnam_r);
  return Number("identity", "user", [=] { return real(name, record, buffer, bytes, found); });
}

int getgrnam_r(const char* name, struct group* record, char* buffer, size_t bytes,
               struct group** found) {
  REAL(getgrnam_r);
  return Number("identity", "group", [=] { return real(name, record, buffer, bytes, found); });
}

}  // extern "C"
