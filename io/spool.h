// Bytes put aside for later: in memory up to a limit, then in an unnamed 0600 file.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "io/fd.h"

namespace ingot::io {

// Not thread-safe.
class Spool {
 public:
  // `directory` holds the unnamed file when one is needed.
  Spool(std::string directory, uint64_t memory_bytes_max);

  absl::Status Append(absl::Span<const char> data);
  uint64_t size() const { return size_; }
  // Bytes [offset, offset + length); OutOfRange past the end.
  absl::Status Read(uint64_t offset, absl::Span<char> out) const;

 private:
  absl::Status Spill();
  std::string FilePath() const;  // for messages

  std::string directory_;
  uint64_t memory_bytes_max_;
  uint64_t size_ = 0;
  std::string memory_;  // all of it, until the spill
  Fd file_;
};

// Bytes free for this user on the file system of `path`.
absl::StatusOr<uint64_t> FreeBytes(const std::string& path);

}  // namespace ingot::io
