// What a plain threaded program, that knows nothing of the engine, gets out of the machine. Every
// pass is as simple as it can be and still fast; an error ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace limit {

inline constexpr size_t kAlignment = 4096;  // of memory, offsets and lengths for O_DIRECT
inline constexpr size_t kFrameBytes = size_t{4} << 20;
inline constexpr size_t kPieceBytes = size_t{1} << 20;  // of a large file, read by one thread

struct Options {
  int threads = 0;      // 0: what measured best for the pass
  uint64_t direct = 0;  // files of so many bytes and more with O_DIRECT; 0: none
  int level = 1;        // zstd's
  int press = 0;  // create: threads that hash and compress at a time; 0: one more than processors
  bool ring = false;  // read: open and read by io_uring
  // create: with what an archive must have to give the tree back. Headers of directories, times in
  // nanoseconds (a pax header each), a look for extended attributes, and one for changes
  // afterwards.
  bool metadata = false;
};

struct Counts {
  uint64_t files = 0;
  uint64_t directories = 0;
  uint64_t bytes = 0;         // content read, or written below a tree
  uint64_t output_bytes = 0;  // of the one file that is written
  double seconds = 0;         // from the first look at the tree to the last byte on disk
  Counts& operator+=(const Counts& other) {
    files += other.files;
    directories += other.directories;
    bytes += other.bytes;
    output_bytes += other.output_bytes;
    return *this;
  }
};

// Walks, opens, reads and closes everything; nothing is kept.
Counts ReadPass(const std::string& tree, const Options& options);
// The same, opened and read by `threads` rings; other threads walk.
Counts RingReadPass(const std::string& tree, const Options& options);
// The same, and hashes and compresses frames of it; nothing is written.
Counts CompressPass(const std::string& tree, const Options& options);
// The same, and writes the frames to `output`: zstd frames of tar members, in no order.
Counts CreatePass(const std::string& tree, const std::string& output, const Options& options);
// Writes `bytes` to one file.
Counts WritePass(const std::string& output, uint64_t bytes, const Options& options);
// Makes `copy`, a tree with the names and sizes of `tree`, and syncs it. The time begins when the
// names are known; the content is not `tree`'s.
Counts FilesPass(const std::string& tree, const std::string& copy, const Options& options);
// Reads, hashes and decompresses every frame of a seekable zstd file.
Counts DecompressPass(const std::string& file, const Options& options);

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

int Processors();
double Now();                                    // seconds on a monotonic clock
[[noreturn]] void Die(const std::string& what);  // with errno's text, when it is set

}  // namespace limit
