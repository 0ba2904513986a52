// Loaded before the C library: a file system that has no O_TMPFILE.
#include <dlfcn.h>
#include <fcntl.h>

#include <cerrno>
#include <cstdarg>

extern "C" int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  using OpenAt = int (*)(int, const char*, int, ...);
  static const OpenAt real = reinterpret_cast<OpenAt>(dlsym(RTLD_NEXT, "openat"));
  return real(directory, path, flags, mode);
}
