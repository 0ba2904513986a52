#include "io/page_cache.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>

namespace ingot::io {
namespace {

constexpr uint64_t kPageBytesMin = 4096;
constexpr uint64_t kMincoreBytesMax = uint64_t{4} << 20;  // what is looked at of a range

// cachestat(2), Linux 6.5; Debian 12's C library does not know it.
constexpr long kCachestatCall = 451;
struct CachestatRange {
  uint64_t offset;
  uint64_t length;
};
struct Cachestat {
  uint64_t cached;
  uint64_t dirty;
  uint64_t writeback;
  uint64_t evicted;
  uint64_t recently_evicted;
};

constexpr long kOverlayMagic = 0x794c7630;
constexpr long kZfsMagic = 0x2fc12fc1;

uint64_t PageBytes() {
  static const uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

bool IsColdByMincore(int fd, uint64_t offset, uint64_t length) {
  const uint64_t page_bytes = PageBytes();
  length = std::min(length, kMincoreBytesMax);
  const uint64_t begin = offset / page_bytes * page_bytes;
  length += offset - begin;
  void* const map = mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(begin));
  if (map == MAP_FAILED) return false;
  unsigned char resident[kMincoreBytesMax / kPageBytesMin + 1];
  const size_t pages = (length + page_bytes - 1) / page_bytes;
  const bool known = mincore(map, length, resident) == 0;
  munmap(map, length);
  if (!known) return false;
  const auto cached =
      std::count_if(resident, resident + pages, [](unsigned char page) { return (page & 1) != 0; });
  return static_cast<size_t>(cached) * 2 < pages;
}

// cachestat looks at the pages of this very inode. Overlayfs has them in the file below, which a
// mapping shows; ZFS in a cache of its own, which nothing shows.
bool IsColdElsewhere(int fd, uint64_t offset, uint64_t length) {
  struct statfs file_system = {};
  if (fstatfs(fd, &file_system) != 0) return true;
  if (file_system.f_type == kOverlayMagic) return IsColdByMincore(fd, offset, length);
  return file_system.f_type != kZfsMagic;
}

}  // namespace

bool IsCold(int fd, uint64_t offset, uint64_t length) {
  static std::atomic<bool> has_cachestat = true;
  if (has_cachestat.load(std::memory_order_relaxed)) {
    const CachestatRange range{offset, length};
    Cachestat stat = {};
    if (syscall(kCachestatCall, fd, &range, &stat, 0) == 0) {
      const bool cold = stat.cached * 2 < (length + PageBytes() - 1) / PageBytes();
      return cold && IsColdElsewhere(fd, offset, length);
    }
    if (errno == ENOSYS) has_cachestat = false;
    if (errno != ENOSYS && errno != EPERM) return false;  // EPERM: a seccomp profile, perhaps
  }
  return IsColdByMincore(fd, offset, length);
}

}  // namespace ingot::io
