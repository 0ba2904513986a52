// A tree that is written below one directory and never outside it, whatever links lie there.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/fd.h"

namespace ingot::io {

// An open directory, shared by what is being made in it. Where we may not read it, it is open with
// O_PATH, which gives its place alone.
using SharedFd = std::shared_ptr<const Fd>;

// Paths here are relative to the top: components joined by single '/', none of them empty, "." or
// ".."; the empty path is the top itself. No component is ever followed when it is a symbolic link,
// not even one that lay there before. A path may be longer than PATH_MAX. Thread-safe.
class TargetTree {
 public:
  // The way to the top is the user's word: links in it are followed. A missing last component is
  // made.
  static absl::StatusOr<std::unique_ptr<TargetTree>> Open(const std::string& top);

  const std::string& top() const { return top_; }
  bool created_top() const { return created_top_; }

  absl::StatusOr<SharedFd> OpenDirectory(absl::string_view path) const;
  // The same from an open directory on.
  absl::StatusOr<SharedFd> OpenBelow(SharedFd directory, absl::string_view path) const;

  enum class Made { kCreated, kExisted };
  // `mode` is cut by the umask. What exists under the name and is no directory is AlreadyExists, or
  // with `replace` is removed. `path` is for messages.
  absl::StatusOr<Made> MakeDirectory(const SharedFd& parent, const std::string& name, uint32_t mode,
                                     bool replace, absl::string_view path);

  // Whether a directory that was there before hands down ACLs to what is made in it.
  bool inherits_acls() const { return inherits_acls_.load(std::memory_order_relaxed); }

  // From now on as on a kernel before 5.6, which has no openat2(2): component by component.
  void ForgoOpenat2() { openat2_missing_ = true; }

  // Everything written so far, to the disk.
  absl::Status Sync() const;

 private:
  TargetTree(std::string top, bool created, Fd directory)
      : top_(std::move(top)),
        created_top_(created),
        directory_(std::make_shared<const Fd>(std::move(directory))) {}
  absl::StatusOr<Fd> OpenPiece(int from, const std::string& piece) const;
  absl::StatusOr<Fd> OpenByComponents(int from, absl::string_view piece) const;

  std::string top_;
  bool created_top_;
  SharedFd directory_;
  std::atomic<bool> inherits_acls_{false};
  mutable std::atomic<bool> openat2_missing_{false};
};

// The directories that were opened last, so that each is opened once for all that is made in it.
// Belongs to one thread.
class DirectoryCache {
 public:
  explicit DirectoryCache(const TargetTree* tree) : tree_(tree) {}
  absl::StatusOr<SharedFd> Open(absl::string_view path);

 private:
  SharedFd Recent(absl::string_view path);

  static constexpr size_t kDirectoriesMax = 16;
  const TargetTree* tree_;
  std::list<std::pair<std::string, SharedFd>> recent_;  // the latest first
};

}  // namespace ingot::io
