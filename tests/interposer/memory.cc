// Allocations, which operator new and zstd come down to. Not with a sanitizer, whose own these are.
#if !defined(__SANITIZE_ADDRESS__)
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/interposer/fault.h"

extern "C" {

void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* memory, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);

void* malloc(size_t bytes) noexcept {
  if (!ingot::faults::IsRefused(bytes)) return __libc_malloc(bytes);
  errno = ENOMEM;
  return nullptr;
}

void* calloc(size_t count, size_t bytes) noexcept {
  size_t all = 0;
  const bool is_whole = !__builtin_mul_overflow(count, bytes, &all);
  if (!is_whole || !ingot::faults::IsRefused(all)) return __libc_calloc(count, bytes);
  errno = ENOMEM;
  return nullptr;
}

void* realloc(void* memory, size_t bytes) noexcept {
  if (!ingot::faults::IsRefused(bytes)) return __libc_realloc(memory, bytes);
  errno = ENOMEM;
  return nullptr;
}

void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  if (!ingot::faults::IsRefused(bytes)) return __libc_memalign(alignment, bytes);
  errno = ENOMEM;
  return nullptr;
}

int posix_memalign(void** memory, size_t alignment, size_t bytes) noexcept {
  static auto* const real =
      reinterpret_cast<decltype(&::posix_memalign)>(dlsym(RTLD_NEXT, "posix_memalign"));
  return ingot::faults::IsRefused(bytes) ? ENOMEM : real(memory, alignment, bytes);
}

}  // extern "C"
#endif
