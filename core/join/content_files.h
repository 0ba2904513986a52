// The files below a container's content roots, as content URLs name them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/format/index.h"
#include "core/join/url_table.h"
#include "core/manifest.h"

namespace ingot {

struct ContentRoot {
  std::string member_path;
  StageRole role = StageRole::kOther;
};
// Of the manifest's content stages.
std::vector<ContentRoot> ContentRoots(const Manifest& manifest);

using EntryVisitor = absl::FunctionRef<absl::Status(const IndexEntry&)>;
// Visits all entries of a container, finished or in the making.
using VisitEntries = std::function<absl::Status(EntryVisitor)>;

// Calls `found` for each file whose path below its root is wanted. A hard link is as its carrier
// is; symbolic links are no content. Visits the entries up to three times when there are hard
// links. Returns how many files of the store (of any root, when none has that role) were not
// wanted.
absl::StatusOr<uint64_t> ForEachContentFile(
    const std::vector<ContentRoot>& roots, const VisitEntries& visit_entries,
    absl::FunctionRef<bool(absl::string_view path)> wanted,
    absl::FunctionRef<void(absl::string_view path, const UrlTable::File& file)> found);

}  // namespace ingot
