// What all parts of one restore share.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/container/block_selection.h"
#include "core/container/container.h"
#include "core/glob.h"
#include "core/member.h"
#include "core/restore/problem_log.h"
#include "core/restore/restore.h"
#include "io/metadata.h"
#include "io/new_entry.h"
#include "io/rate_limit.h"
#include "io/target_tree.h"

namespace ingot {

struct RestoreSession {
  const Container* container = nullptr;
  const RestoreOptions* options = nullptr;
  RestoreProgress* progress = nullptr;
  const GlobSet* patterns = nullptr;
  std::vector<BlockRange> blocks;  // of the index that are read: all that may hold what is wanted
  io::TargetTree* tree = nullptr;
  ProblemLog* log = nullptr;
  bool as_root = false;  // owners are restored
  io::RateLimit* write_limit = nullptr;

  bool Selected(const IndexEntry& entry) const {
    return IsInRoot(entry.path) && (patterns->empty() || patterns->Matches(entry.path));
  }
  // RelativePath (core/container/entry_check.h) from options->root. REQUIRES: it lies in the root.
  absl::StatusOr<absl::string_view> PathOf(const IndexEntry& entry) const;
  // `xattrs` must outlive what is returned.
  io::Metadata MetadataOf(const IndexEntry& entry,
                          absl::Span<const io::ExtendedAttribute> xattrs) const;
  // The place of a relative path, its parent opened.
  absl::StatusOr<io::NewEntryName> PlaceOf(absl::string_view path,
                                           io::DirectoryCache* directories) const;
  void CountRestored(const IndexEntry& entry) const {
    progress->members += 1;
    progress->bytes += entry.size;
  }

 private:
  bool IsInRoot(absl::string_view member_path) const;
};

}  // namespace ingot
