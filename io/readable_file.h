// A regular file read at given offsets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "io/fd.h"
#include "io/rate_limit.h"

namespace ingot::io {

// Thread-safe.
class ReadableFile {
 public:
  // NotFound, PermissionDenied as the system says; FailedPrecondition for what is no regular file.
  static absl::StatusOr<ReadableFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }  // bytes, when it was opened

  // From now on ReadAt keeps to the limit, whichever threads call it, and ReadAhead does nothing:
  // what the kernel reads ahead keeps to none. Not thread-safe.
  void LimitReads(std::unique_ptr<RateLimit> limit) { limit_ = std::move(limit); }

  // There is no limit any more: the run has failed. Thread-safe.
  void ReleaseLimit() const {
    if (limit_ != nullptr) limit_->Release();
  }

  // Fills `out`. OutOfRange past the end. Whole blocks (kDirectAlignment, the memory too) that are
  // not in the page cache are read past it, where the file system can do that.
  absl::Status ReadAt(uint64_t offset, absl::Span<char> out) const;

  // Told to the kernel: the file will be read from here to there, soon and in order. Nothing is
  // told where ReadAt goes past the cache.
  void ReadAhead(uint64_t offset, uint64_t length) const;

 private:
  ReadableFile(Fd fd, std::string path, uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}
  absl::Status ReadNow(uint64_t offset, absl::Span<char> out) const;

  Fd fd_;
  Fd direct_fd_;  // the same with O_DIRECT, where that can be had
  std::string path_;
  uint64_t size_;
  std::unique_ptr<RateLimit> limit_;  // null: none
};

// All of `data`, to a pipe or a file.
absl::Status WriteFully(int fd, absl::Span<const char> data, const std::string& path);
// Whether `status` came from WriteFully because nobody reads any more.
bool IsBrokenPipe(const absl::Status& status);

}  // namespace ingot::io
