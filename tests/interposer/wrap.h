// What the interposed calls are made of.
#pragma once

#include <dlfcn.h>

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

}  // namespace ingot::faults
