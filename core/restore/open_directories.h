// Directories that several frames share: made in the order of the stream, finished at the very end.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/container/container.h"
#include "core/restore/closed_directories.h"
#include "core/restore/directory_maker.h"
#include "core/restore/session.h"

namespace ingot {

// Belongs to one thread. Memory does not grow with the directories that are made, only with those
// that existed before.
class OpenDirectories {
 public:
  explicit OpenDirectories(const RestoreSession* session) : session_(session), maker_(session) {}

  DirectoryMaker* maker() { return &maker_; }
  absl::Status Make(absl::string_view path);

  // Gives the members' directories their metadata, the deepest first, unless they were closed in
  // their frames: goes over the index backwards. Existing ones are only touched with `replace`.
  // Errors end the run.
  absl::Status Finish();

 private:
  absl::Status FinishBlock(size_t block, ClosedDirectories* closed);
  absl::Status FinishOne(const IndexEntry& entry, absl::string_view path);
  absl::StatusOr<std::vector<io::ExtendedAttribute>> AttributesOf(const IndexEntry& entry);

  const RestoreSession* const session_;
  DirectoryMaker maker_;
  absl::flat_hash_set<std::array<uint8_t, 16>> existed_;  // XXH3-128 of the paths
  FrameScratch scratch_;  // for directories with attributes: frames are read a second time
  uint64_t scratch_frame_ = UINT64_MAX;
};

}  // namespace ingot
