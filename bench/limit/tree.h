// A tree read by threads: each takes a directory or a piece of a large file from a stack.
#pragma once

#include <time.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "bench/limit/limit.h"

namespace limit {

struct OpenDirectory {
  OpenDirectory(int opened, std::string below) : fd(opened), path(std::move(below)) {}
  const Descriptor fd;
  const std::string path;  // below the tree's root
};

struct Member {
  std::string path;  // below the tree's root
  uint64_t bytes = 0;
  timespec mtime;
};

// Takes what one thread reads.
class Sink {
 public:
  virtual ~Sink() = default;
  // Where the next `bytes` of content go, at most kPieceBytes; as many as kAlignment more may be
  // overwritten. A file begins with its first piece.
  virtual char* Room(size_t bytes, const Member* begins) = 0;
  virtual void Take(size_t bytes) = 0;
  virtual void TakeDirectory(const Member&) {}  // with Options::metadata
  virtual void Finish() {}
};

// `make_sink` is called once on each thread.
Counts ReadTree(const std::string& tree, const Options& options, int threads,
                const std::function<std::unique_ptr<Sink>()>& make_sink);

// Walks only; `take` is called on all threads, with each file's directory and name.
using FileTaker = std::function<void(std::shared_ptr<const OpenDirectory>, const std::string&)>;
Counts WalkTree(const std::string& tree, int threads, const FileTaker& take);

// Memory for O_DIRECT.
struct FreeMemory {
  void operator()(char* memory) const;
};
using Memory = std::unique_ptr<char, FreeMemory>;
Memory AlignedMemory(size_t bytes);

}  // namespace limit
