// The last bytes that a child wrote to its standard error, whatever it writes.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "io/fd.h"

namespace ingot::io {

// Drains a pipe with a thread, so that its writer never waits, and keeps the tail.
class ErrorTail {
 public:
  // `pipe` is the reading end.
  static absl::StatusOr<std::unique_ptr<ErrorTail>> Start(Fd pipe, size_t bytes_max);
  ~ErrorTail();

  // What there is when the writer has ended: takes what still lies in the pipe, but does not wait
  // for other processes that hold it open. Whole lines, at most bytes_max. Idempotent.
  const std::string& Stop();

 private:
  ErrorTail(Fd pipe, Fd stop, size_t bytes_max);
  void Run();
  bool ReadOnce();  // false: nothing to read now, or the end
  void Keep(const char* data, size_t size);

  Fd pipe_;  // non-blocking
  Fd stop_;  // eventfd
  const size_t bytes_max_;
  std::string tail_;  // of the thread until it is joined
  bool truncated_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace ingot::io
