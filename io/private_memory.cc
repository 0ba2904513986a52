#include "io/private_memory.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "io/fd.h"

namespace ingot::io {

void KeepMemoryPrivate() {
  // Which kinds of memory a core file holds: none. Programs that are started inherit it, other than
  // PR_SET_DUMPABLE; unlike RLIMIT_CORE it holds where cores go into a pipe, too.
  const Fd filter(open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC));
  if (filter.valid()) static_cast<void>(!write(filter.get(), "0", 1));
  prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace ingot::io
