// What the verbs that read a container share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/container/container.h"

namespace ingot {

// Of the status of opening FILE: InvalidArgument for the user's mistakes in naming it, when it is
// not there, no regular file, or no name that can be followed. Any other as it is.
absl::Status StatusOfFileArgument(const std::string& path, const absl::Status& status);

// Container::Open, with StatusOfFileArgument.
absl::StatusOr<std::unique_ptr<Container>> OpenContainer(const std::string& path,
                                                         uint64_t read_bytes_per_second = 0);

// Visits the entries that match any of the patterns, or all without patterns. NotFound, at the end,
// names the first pattern that matched nothing.
absl::Status ForEachMatch(const Container& container, const std::vector<std::string>& patterns,
                          absl::FunctionRef<absl::Status(const IndexEntry&)> visit);

// "file", "directory", "symlink", "hardlink", "character device", "block device", "fifo".
const char* MemberTypeName(MemberType type);

// Standard output, buffered. Not thread-safe.
class StandardOutput {
 public:
  static bool IsTerminal();
  absl::Status Write(absl::string_view bytes);
  absl::Status Flush();

 private:
  static constexpr size_t kBufferBytes = size_t{64} << 10;
  std::string buffer_;
};

// A reader that has seen enough closes the pipe: the verb's work is done.
absl::Status IgnoreBrokenPipe(const absl::Status& status);

}  // namespace ingot
