// Where a container goes: a file that gets its name only when it is whole, or a stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "io/engine.h"
#include "io/rate_limit.h"

namespace ingot::io {

// Bytes are appended in order, by one thread at a time. Must not outlive its Engine.
class Output {
 public:
  virtual ~Output() = default;  // unless Publish succeeded, nothing is left behind

  // `data` must stay alive and unchanged until `done` has run; its length is a multiple of
  // kDirectAlignment, not 0, and the memory aligned to it. Blocks while too many writes are in
  // flight. A file runs `done` on the threads of its WriteQueue (io/engine.h: as soon as the bytes
  // are written, whatever the appending thread does meanwhile; `done` must not call the Output), or
  // inside Append after an error; a stream always inside Append. The first error of any write is
  // every later one's, and Publish's.
  virtual void Append(absl::Span<const char> data, WriteQueue::Done done) = 0;

  // Replaces bytes that were appended before; offset, length and memory aligned like Append.
  // Only where CanPatch(); before AppendTail's bytes. Waits for the writes in flight.
  virtual bool CanPatch() const = 0;
  virtual absl::Status Patch(absl::Span<const char> data, uint64_t offset) = 0;

  // Reads what was appended before; offset, length and memory aligned like Append. Only where
  // CanPatch(); before AppendTail's bytes. Waits for the writes in flight.
  virtual absl::Status ReadBack(uint64_t offset, absl::Span<char> out) = 0;

  // Any length and alignment; copies. May be called often; nothing is appended by Append after it.
  virtual absl::Status AppendTail(absl::Span<const char> data) = 0;

  // Until then a stream lacks its last byte, so that it is unreadable even when we are killed.
  // Waits for all writes, cuts the file to its length, fsyncs it, gives it its name, fsyncs the
  // directory. A stream is flushed. Nothing may be called afterwards.
  virtual absl::Status Publish() = 0;

  // Makes a stream unreadable for zstd and tar (ends it with a bare zstd magic number); a file is
  // simply never named. What the destructor does unless Publish or this was called; waits for the
  // writes in flight. Nothing but size() and identity() may be called afterwards.
  virtual void Abandon() = 0;

  // Bytes appended so far.
  virtual uint64_t size() const = 0;

  // Device and inode of the unnamed or temporary file, so that a walk can leave it out; 0, 0 for
  // a stream.
  virtual std::pair<uint64_t, uint64_t> identity() const = 0;
};

struct OutputOptions {
  std::string path;
  bool replace = false;  // an existing file of that name is replaced, atomically
  uint32_t mode = 0600;
  int depth = 8;  // writes in flight
  // Of what is appended, and of what is read back; null: none. Outlive the output.
  RateLimit* write_limit = nullptr;
  RateLimit* read_limit = nullptr;
};

// AlreadyExists when the name is taken and replace is false (checked now and again at Publish);
// NotFound or PermissionDenied for a directory that is missing or not writable. Uses O_DIRECT where
// the file system takes it. A path that names a pipe or a character device is written as a stream;
// opening a pipe waits for its reader. FailedPrecondition for directories, block devices, sockets.
absl::StatusOr<std::unique_ptr<Output>> OpenOutputFile(const OutputOptions& options,
                                                       Engine* engine);

// A stream on a descriptor that the caller keeps open (standard output). CanPatch() is false.
std::unique_ptr<Output> NewStreamOutput(int fd, std::string name, RateLimit* write_limit = nullptr);

}  // namespace ingot::io
