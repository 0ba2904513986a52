// The passes that read a tree.
#include <unistd.h>
#include <xxh_x86dispatch.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <semaphore>

#include "bench/limit/limit.h"
#include "bench/limit/output_file.h"
#include "bench/limit/tree.h"

namespace limit {
namespace {

constexpr size_t kHeaderBytes = 512;
constexpr uint32_t kSkippableMagic = ZSTD_MAGIC_SKIPPABLE_START + 1;
constexpr size_t kSkippableHeaderBytes = 8;

class Discard : public Sink {
 public:
  char* Room(size_t, const Member*) override { return memory_.get(); }
  void Take(size_t) override {}

 private:
  const Memory memory_ = AlignedMemory(kPieceBytes + kAlignment);
};

void PutHeader(const std::string& path, uint64_t size, char type, char* header) {
  std::memset(header, 0, kHeaderBytes);
  const size_t slash = path.size() <= 100 ? std::string::npos : path.find('/', path.size() - 101);
  std::strncpy(header, path.c_str() + (slash == std::string::npos ? 0 : slash + 1), 100);
  if (slash != std::string::npos) path.copy(header + 345, std::min<size_t>(slash, 155));
  std::memcpy(header + 100, "0000644\0000000000\0000000000\0", 24);
  std::snprintf(header + 124, 12, "%011llo", static_cast<unsigned long long>(size));
  std::memcpy(header + 136, "00000000000\0        0", 21);
  header[156] = type;
  std::memcpy(header + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (size_t i = 0; i < kHeaderBytes; ++i) sum += static_cast<unsigned char>(header[i]);
  std::snprintf(header + 148, 8, "%06o", sum);
}

// A pax header that tells the time in nanoseconds: two blocks.
void PutPaxHeader(const Member& member, char* header) {
  char* const records = header + kHeaderBytes;
  std::memset(records, 0, kHeaderBytes);
  const int bytes =
      std::snprintf(records, kHeaderBytes, "30 mtime=%010lld.%09ld\n",
                    static_cast<long long>(member.mtime.tv_sec), member.mtime.tv_nsec);
  PutHeader(member.path, static_cast<uint64_t>(bytes), 'x', header);
}

// Faster and smaller than level 1's own window (bench/README.md).
constexpr int kFrameWindowLog = 22;

// Gathers content into frames; hashes, compresses and, if there is an output, writes them.
class Frames : public Sink {
 public:
  Frames(const Options& options, OutputFile* output, std::counting_semaphore<>* press)
      : header_bytes_(options.metadata ? 3 * kHeaderBytes : kHeaderBytes),
        output_(output),
        press_(press),
        context_(ZSTD_createCCtx()) {
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, options.level);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
    if (options.level == 1) ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kFrameWindowLog);
  }
  ~Frames() override { ZSTD_freeCCtx(context_); }

  char* Room(size_t bytes, const Member* begins) override {
    if (used_ + header_bytes_ + bytes > kFrameBytes) Press();
    if (begins != nullptr) Begin(*begins, '0');
    return content_.get() + used_;
  }
  void TakeDirectory(const Member& directory) override {
    if (used_ + header_bytes_ > kFrameBytes) Press();
    Begin(directory, '5');
  }
  void Take(size_t bytes) override {
    const size_t padded = (bytes + kHeaderBytes - 1) / kHeaderBytes * kHeaderBytes;
    std::memset(content_.get() + used_ + bytes, 0, padded - bytes);
    used_ += padded;
  }
  void Finish() override {
    if (used_ > 0) Press();
  }

 private:
  void Begin(const Member& member, char type) {
    char* const end = content_.get() + used_ + header_bytes_;
    if (header_bytes_ > kHeaderBytes) PutPaxHeader(member, content_.get() + used_);
    PutHeader(member.path, member.bytes, type, end - kHeaderBytes);
    used_ += header_bytes_;
  }

  void Press() {
    if (press_ != nullptr) press_->acquire();
    hash_ ^= XXH3_128bits(content_.get(), used_).low64;
    const size_t stored =
        ZSTD_compress2(context_, stored_.get(), kStoredBytes, content_.get(), used_);
    if (ZSTD_isError(stored)) Die(ZSTD_getErrorName(stored));
    hash_ ^= XXH3_128bits(stored_.get(), stored).low64;
    if (press_ != nullptr) press_->release();
    used_ = 0;
    if (output_ == nullptr) return;
    const size_t padded =
        (stored + kSkippableHeaderBytes + kAlignment - 1) / kAlignment * kAlignment;
    char* const rest = stored_.get() + stored;
    const uint32_t header[2] = {kSkippableMagic,
                                static_cast<uint32_t>(padded - stored - kSkippableHeaderBytes)};
    std::memset(rest, 0, padded - stored);
    std::memcpy(rest, header, sizeof(header));
    output_->Append(stored_.get(), padded);
  }

  static constexpr size_t kStoredBytes = ZSTD_COMPRESSBOUND(kFrameBytes);
  const size_t header_bytes_;  // of each member
  OutputFile* const output_;
  std::counting_semaphore<>* const press_;
  ZSTD_CCtx* const context_;
  const Memory content_ = AlignedMemory(kFrameBytes + 2 * kAlignment);
  const Memory stored_ = AlignedMemory((kStoredBytes / kAlignment + 3) * kAlignment);
  size_t used_ = 0;
  uint64_t hash_ = 0;
};

}  // namespace

Counts CompressPass(const std::string& tree, const Options& options) {
  const double begin = Now();
  const int threads = options.threads > 0 ? options.threads : Processors();
  Counts counts = ReadTree(tree, options, threads,
                           [&] { return std::make_unique<Frames>(options, nullptr, nullptr); });
  counts.seconds = Now() - begin;
  return counts;
}

Counts CreatePass(const std::string& tree, const std::string& output, const Options& options) {
  const double begin = Now();
  const int threads = options.threads > 0 ? options.threads : 4 * Processors();
  OutputFile file(output);
  // One more than can run: a thread that is preempted while it presses holds nobody up. Without a
  // limit 64 threads took 5.5 to 5.9 s on the mixed tree, cold, and 5.0 with it.
  std::counting_semaphore<> press(options.press > 0 ? options.press : Processors() + 1);
  Counts counts = ReadTree(tree, options, threads,
                           [&] { return std::make_unique<Frames>(options, &file, &press); });
  counts.output_bytes = file.Finish();
  counts.seconds = Now() - begin;
  return counts;
}

Counts ReadPass(const std::string& tree, const Options& options) {
  const double begin = Now();
  const int threads = options.threads > 0 ? options.threads : 32;
  Counts counts = ReadTree(tree, options, threads, [] { return std::make_unique<Discard>(); });
  counts.seconds = Now() - begin;
  return counts;
}

}  // namespace limit
