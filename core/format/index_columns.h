// A block's raw bytes: one column after the other, so that like stands by like and compresses well.
// FORMAT.md, "Index".
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/format/index.h"

namespace ingot {

// What keeps an entry from being in an index; nullptr when nothing does.
const char* IndexEntryProblem(const IndexEntry& entry);
// What keeps `next` from following `previous` in a run.
const char* IndexOrderProblem(const IndexEntry& previous, const IndexEntry& next);

// REQUIRES: 1 to kIndexBlockEntriesMax entries of one run, in order, without a problem.
std::string EncodeIndexColumns(absl::Span<const IndexEntry> entries);
// DataLoss unless `raw` is exactly `count` entries without a problem. REQUIRES: count is within the
// same limits.
absl::StatusOr<std::vector<IndexEntry>> DecodeIndexColumns(absl::string_view raw, size_t count);

}  // namespace ingot
