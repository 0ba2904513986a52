// What the interposed calls are made of.
#pragma once

#include <dlfcn.h>
#include <sys/types.h>

#include <cerrno>
#include <string>

#include "tests/interposer/fault.h"

// The definition that this one stands before.
#define REAL(name) \
  static auto* const real = reinterpret_cast<decltype(&::name)>(dlsym(RTLD_NEXT, #name))

namespace ingot::faults {

// `failed` with errno set where it goes wrong, else what `call` returns.
template <typename Call>
auto Do(const char* name, const std::string& path, Kind kind, Call call,
        decltype(call()) failed = decltype(call())(-1)) -> decltype(call()) {
  const Outcome outcome = Meet({name, Told(path), kind});
  if (outcome.error == 0) return call();
  errno = outcome.error;
  return failed;
}

// `call` gets how many of the bytes it may move.
template <typename Call>
ssize_t Move(const char* name, int fd, Kind kind, size_t bytes, Call call) {
  const Outcome outcome = Meet({name, Told(PathOfFd(fd)), kind, bytes});
  if (outcome.error == 0) return call(outcome.bytes);
  errno = outcome.error;
  return -1;
}

}  // namespace ingot::faults
