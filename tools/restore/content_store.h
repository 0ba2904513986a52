// A content store on disk, looked at by the paths of content URLs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/target_tree.h"

namespace ingot {

// No symbolic link below the store is ever followed, wherever it comes from. Used by one thread.
class ContentStore {
 public:
  static absl::StatusOr<std::unique_ptr<ContentStore>> Open(const std::string& directory);

  const std::string& directory() const { return tree_->top(); }

  // Of the regular file `path`, bytes; none when there is none. REQUIRES: a relative path without
  // empty components, "." and "..".
  absl::StatusOr<std::optional<uint64_t>> SizeOf(const std::string& path);

  // Moves the file `path` to the same place in another store, with directories above it like those
  // it comes from. AlreadyExists rather than replacing anything.
  absl::Status MoveTo(ContentStore* other, const std::string& path);

 private:
  explicit ContentStore(std::unique_ptr<io::TargetTree> tree)
      : tree_(std::move(tree)), directories_(tree_.get()) {}
  absl::Status MakeDirectoriesLike(ContentStore* other, const std::string& path);

  std::unique_ptr<io::TargetTree> tree_;
  io::DirectoryCache directories_;
};

}  // namespace ingot
