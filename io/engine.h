// The two I/O engines behind one interface: io_uring, and plain system calls.
//
// An Engine is thread-safe. What it makes must not outlive it. A BatchReader belongs to the thread
// that first uses it; a WriteQueue may be used by several threads one after the other.
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot::io {

// How a source file is opened: never through a link, never waiting for a pipe's other end.
inline constexpr int kReadSourceFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME;

enum class EngineKind { kAuto, kUring, kPosix };

struct OpenRequest {
  int directory_fd = -1;
  const char* name = nullptr;  // must stay alive until Open returns
  int flags = 0;   // O_CLOEXEC is added; O_NOATIME is cleared and tried without on EPERM
  int result = 0;  // out: a descriptor that the caller owns, or -errno
};

struct ReadRequest {
  int fd = -1;
  char* data = nullptr;
  uint64_t length = 0;  // bytes; any size
  uint64_t offset = 0;
  // What the page cache has is copied from there, and what it has not may be read past it: by
  // `direct_fd`, which is the same file with O_DIRECT, or where there is none (-1) by `fd`, which
  // then gets O_DIRECT and so must not be read by anyone else meanwhile. Up to `slack` bytes after
  // `length` are overwritten to read whole sectors.
  bool may_bypass_cache = false;
  int direct_fd = -1;
  uint64_t slack = 0;
  int64_t result = 0;  // out: bytes read, fewer than length only at the end of the file; or -errno
};

// Does many operations of one kind at once and returns when all have ended: depth without state.
// EINTR, EAGAIN and short reads are handled inside. Any number of requests.
class BatchReader {
 public:
  virtual ~BatchReader() = default;
  virtual void Open(absl::Span<OpenRequest> requests) = 0;
  virtual void Read(absl::Span<ReadRequest> requests) = 0;
};

// Writes in flight at given offsets of one file. Submit blocks while `depth` writes are in flight.
// `done` runs exactly once for each write, as soon as that has ended, whatever the submitting
// thread does meanwhile: on threads of the queue's own, possibly several at a time, holding no lock
// of the queue's. It brings the error of that write, if any, and must not call the queue. Short
// writes are continued inside; what O_DIRECT refuses (EINVAL) is written without it.
class WriteQueue {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;
  virtual ~WriteQueue() = default;  // REQUIRES: Drain was called
  virtual void Submit(absl::Span<const char> data, uint64_t offset, Done done) = 0;
  virtual void Drain() = 0;  // returns when every `done` has run
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual absl::string_view name() const = 0;  // "uring" or "posix"
  // How many threads, each with a BatchReader, give the depth that a disk wants: a ring has it with
  // few, blocking calls need one thread for each operation in flight.
  virtual int reader_threads() const = 0;
  virtual absl::StatusOr<std::unique_ptr<BatchReader>> NewBatchReader() = 0;
  // Writes to `fd`, which the caller keeps open; `path` is for messages. REQUIRES: 1 <= depth <=
  // 1024.
  virtual absl::StatusOr<std::unique_ptr<WriteQueue>> NewWriteQueue(int fd, std::string path,
                                                                    int depth) = 0;
};

// kUring fails where no ring can be set up; kAuto then falls back to posix and says why in
// `fallback_reason` (one line; empty when there was no need).
absl::StatusOr<std::unique_ptr<Engine>> NewEngine(EngineKind kind, std::string* fallback_reason);
std::unique_ptr<Engine> NewPosixEngine();
absl::StatusOr<std::unique_ptr<Engine>> NewUringEngine();

}  // namespace ingot::io
