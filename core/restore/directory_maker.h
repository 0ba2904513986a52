// Directories: made before anything in them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/restore/session.h"
#include "io/target_tree.h"

namespace ingot {

// Belongs to one thread.
class DirectoryMaker {
 public:
  explicit DirectoryMaker(const RestoreSession* session)
      : session_(session), directories_(session->tree) {}

  // A directory member of this relative path, with all above it; accessible to us alone for now.
  absl::StatusOr<io::TargetTree::Made> Make(absl::string_view path);
  // All above something else. Directories that are not restored themselves get the modes that they
  // have in the container, and for the owner all rights; where they are not in it, the umask's, or
  // where that cannot be known none for others.
  absl::Status MakeParents(absl::string_view path);

  // A directory that exists, with all above it: the one made last. Knowing it spares calls.
  const std::string& known() const { return known_; }
  // What another thread knows, before and after what comes now.
  void Assume(std::string known, std::string also_known);

  io::DirectoryCache* directories() { return &directories_; }

 private:
  bool IsKnown(absl::string_view path) const;
  absl::StatusOr<uint32_t> ImpliedMode(absl::string_view path) const;
  absl::StatusOr<io::TargetTree::Made> MakeOne(absl::string_view path, uint32_t mode);

  const RestoreSession* const session_;
  io::DirectoryCache directories_;
  std::string known_;
  std::string also_known_;
};

}  // namespace ingot
