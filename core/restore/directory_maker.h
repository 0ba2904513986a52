// Directories: made before anything in them, finished after everything in them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/container/container.h"
#include "core/restore/session.h"
#include "io/target_tree.h"

namespace ingot {

// Belongs to one thread. Memory does not grow with the directories that are made, only with those
// that existed before.
class DirectoryMaker {
 public:
  explicit DirectoryMaker(const RestoreSession* session)
      : session_(session), directories_(session->tree) {}

  // A directory member of this relative path, with all above it; accessible to us alone for now.
  absl::Status Make(absl::string_view path);
  // All above something else. Directories that are no members get the modes that mkdir(1) would
  // give.
  absl::Status MakeParents(absl::string_view path);

  // Gives the members' directories their metadata, the deepest first: goes over the index
  // backwards. Existing ones are only touched with `replace`. Errors end the run.
  absl::Status Finish();

 private:
  bool IsKnown(absl::string_view path) const;
  absl::Status MakeOne(absl::string_view path, uint32_t mode, bool is_member);
  absl::Status FinishBlock(size_t block);
  absl::Status FinishOne(const IndexEntry& entry, absl::string_view path);
  absl::StatusOr<std::vector<io::ExtendedAttribute>> AttributesOf(const IndexEntry& entry);

  const RestoreSession* const session_;
  io::DirectoryCache directories_;
  std::string known_;  // the directory made last: it and all above it exist
  absl::flat_hash_set<std::array<uint8_t, 16>> existed_;  // XXH3-128 of the paths
  FrameScratch scratch_;  // for directories with attributes: frames are read a second time
  uint64_t scratch_frame_ = UINT64_MAX;
};

}  // namespace ingot
