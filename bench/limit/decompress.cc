// The pass that reads a finished container.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxh_x86dispatch.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/limit/limit.h"
#include "bench/limit/tree.h"

namespace limit {
namespace {

constexpr uint32_t kSeekTableMagic = 0x184D2A5E;
constexpr uint32_t kFooterMagic = 0x8F92EAB1;
constexpr size_t kFooterBytes = 9;  // frames, descriptor, magic
constexpr size_t kEntryBytes = 8;   // stored, content
constexpr uint8_t kChecksumFlag = 0x80;

struct Frame {
  uint64_t offset;
  uint32_t stored;
  uint32_t content;
};

uint32_t Word(const char* at) {
  uint32_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// Up to `room` bytes, at least `bytes`: O_DIRECT takes whole blocks, and the file's end is none.
void ReadAt(int fd, char* out, size_t bytes, size_t room, uint64_t offset) {
  for (size_t done = 0; done < bytes;) {
    const ssize_t got = pread(fd, out + done, room - done, static_cast<off_t>(offset + done));
    if (got <= 0) Die("the container");
    done += static_cast<size_t>(got);
  }
}

std::vector<Frame> SeekTable(int fd, uint64_t file_bytes) {
  char footer[kFooterBytes];
  if (file_bytes < kFooterBytes) Die("no seek table");
  ReadAt(fd, footer, kFooterBytes, kFooterBytes, file_bytes - kFooterBytes);
  const uint64_t frames = Word(footer);
  const size_t entry = kEntryBytes + (footer[4] & kChecksumFlag ? 4 : 0);
  const uint64_t table_bytes = 8 + frames * entry + kFooterBytes;
  if (Word(footer + 5) != kFooterMagic || table_bytes > file_bytes) Die("no seek table");
  std::vector<char> table(table_bytes);
  ReadAt(fd, table.data(), table.size(), table.size(), file_bytes - table_bytes);
  if (Word(table.data()) != kSeekTableMagic) Die("no seek table");
  std::vector<Frame> found;
  uint64_t offset = 0;
  for (uint64_t i = 0; i < frames; ++i) {
    const char* const at = table.data() + 8 + i * entry;
    if (Word(at + 4) > 0) found.push_back({offset, Word(at), Word(at + 4)});
    offset += Word(at);
  }
  return found;
}

}  // namespace

Counts DecompressPass(const std::string& path, const Options& options) {
  const double begin = Now();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat stat;
  if (fd < 0 || fstat(fd, &stat) != 0) Die(path);
  const std::vector<Frame> frames = SeekTable(fd, static_cast<uint64_t>(stat.st_size));
  if (options.direct != 0 && fcntl(fd, F_SETFL, O_DIRECT) != 0) Die(path);
  size_t stored_max = 0;
  size_t content_max = 0;
  for (const Frame& frame : frames) {
    stored_max = std::max<size_t>(stored_max, frame.stored);
    content_max = std::max<size_t>(content_max, frame.content);
  }
  std::atomic<size_t> next{0};
  std::atomic<uint64_t> bytes{0};
  std::atomic<uint64_t> hash{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < (options.threads > 0 ? options.threads : Processors()); ++i) {
    threads.emplace_back([&] {
      ZSTD_DCtx* const context = ZSTD_createDCtx();
      const Memory stored = AlignedMemory((stored_max / kAlignment + 2) * kAlignment);
      const Memory content = AlignedMemory((content_max / kAlignment + 1) * kAlignment);
      for (size_t at = next++; at < frames.size(); at = next++) {
        const Frame& frame = frames[at];
        const uint64_t begins = frame.offset / kAlignment * kAlignment;
        const uint64_t wanted = frame.offset + frame.stored - begins;
        ReadAt(fd, stored.get(), wanted, (wanted + kAlignment - 1) / kAlignment * kAlignment,
               begins);
        const char* const data = stored.get() + (frame.offset - begins);
        hash ^= XXH3_128bits(data, frame.stored).low64;
        const size_t got =
            ZSTD_decompressDCtx(context, content.get(), frame.content, data, frame.stored);
        if (got != frame.content) Die("a frame that does not decompress");
        hash ^= XXH3_128bits(content.get(), got).low64;
        bytes += got;
      }
      ZSTD_freeDCtx(context);
    });
  }
  for (std::thread& thread : threads) thread.join();
  close(fd);
  Counts counts;
  counts.files = 1;
  counts.bytes = bytes;
  counts.seconds = Now() - begin;
  return counts;
}

}  // namespace limit
