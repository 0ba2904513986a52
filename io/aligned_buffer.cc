#include "io/aligned_buffer.h"

#include <sys/mman.h>

#include "io/fatal.h"

namespace ingot::io {
namespace {

// A request to a disk takes a limited number of separate pieces of memory (254 where it was
// measured), so that of small pages it takes 1 MiB and no more. With huge ones writes were 2.2 MiB
// instead of 0.7 to 1.6, and a cold create of 5.6 GB took 5.9 s instead of 7.6 to 9.1.
constexpr size_t kHugePageBytes = size_t{2} << 20;

}  // namespace

AlignedBuffer::AlignedBuffer(size_t bytes) : size_(RoundUp(bytes, kDirectAlignment)) {
  if (size_ == 0) return;
  const size_t huge_bytes = size_ / kHugePageBytes * kHugePageBytes;
  const size_t alignment = huge_bytes > 0 ? kHugePageBytes : kDirectAlignment;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, size_) != 0) ExitOutOfMemory();
  data_ = static_cast<char*>(memory);
  // Only a wish: without huge pages all is the same but slower.
  if (huge_bytes > 0) madvise(data_, huge_bytes, MADV_HUGEPAGE);
}

}  // namespace ingot::io
