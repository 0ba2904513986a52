// One name being made in a directory: a file, a link, a node. It appears as a whole or not at all,
// unless we are killed: then a file that was made under its own name may stay short.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "io/fd.h"
#include "io/rate_limit.h"
#include "io/target_tree.h"

namespace ingot::io {

// Where it goes. `path` is for messages.
struct NewEntryName {
  SharedFd parent;
  std::string name;
  std::string path;
  bool replace = false;              // an existing non-directory is replaced, atomically, at Commit
  RateLimit* write_limit = nullptr;  // of WriteAt; null: none. Outlives the entry
};

// Made under its own name where that is free, else (with `replace`) under a temporary one. Removed
// again unless Commit succeeded. AlreadyExists when the name is taken and may not be replaced;
// ResourceExhausted only for what will hit every other entry as well, such as a full disk.
// Movable; WriteAt may be called by several threads at once, all else by one.
class NewEntry {
 public:
  // Mode 0600 until SetMetadata. `unseen`: it has no name, or a hidden one, until Commit, so that
  // who is killed leaves no part under the name; for content that comes in pieces, or with holes,
  // as it costs two more calls.
  static absl::StatusOr<NewEntry> File(NewEntryName where, bool unseen = false);
  static absl::StatusOr<NewEntry> Symlink(NewEntryName where, const std::string& target);
  // `type` is S_IFIFO, S_IFCHR or S_IFBLK.
  static absl::StatusOr<NewEntry> Node(NewEntryName where, mode_t type, uint32_t device_major,
                                       uint32_t device_minor);
  // Another name for a file that was made before; a symbolic link there is not followed.
  static absl::StatusOr<NewEntry> HardLink(NewEntryName where, const SharedFd& from_parent,
                                           const std::string& from_name);

  NewEntry(NewEntry&& other) noexcept;
  NewEntry& operator=(NewEntry&& other) noexcept;
  ~NewEntry();

  int fd() const { return fd_.get(); }  // of a File; else -1
  const SharedFd& parent() const { return where_.parent; }
  const std::string& made_name() const { return made_name_; }  // the one that it has now, if any

  // REQUIRES: a File.
  absl::Status WriteAt(uint64_t offset, absl::Span<const char> data) const;
  absl::Status SetSize(uint64_t bytes) const;  // what is not written is a hole
  // So much is going to be written, without holes: a large file is then written past the page
  // cache where its file system gains by it. Before the first WriteAt.
  void Expect(uint64_t bytes);

  absl::Status Commit();

 private:
  absl::Status WriteNow(uint64_t offset, absl::Span<const char> data) const;
  ssize_t WriteSome(uint64_t offset, absl::Span<const char> data) const;
  explicit NewEntry(NewEntryName where) : where_(std::move(where)) {}
  template <typename Make>
  absl::Status MakeUnderFreeName(const char* operation, Make make);
  absl::Status MakeUnseen();
  absl::Status CommitUnseen();

  NewEntryName where_;
  std::string made_name_;  // empty: it has none; nothing was made, or it was committed
  Fd fd_;
  Fd direct_fd_;  // the same file with O_DIRECT, if it is large
};

}  // namespace ingot::io
