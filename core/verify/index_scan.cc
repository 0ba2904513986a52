#include "core/verify/index_scan.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/format/digest.h"
#include "core/manifest.h"
#include "io/status.h"

namespace ingot {

IndexScan::IndexScan(const Container* container, DamageLog* log)
    : container_(container), log_(log), check_(&container->frames()) {
  const std::vector<IndexBlockInfo>& blocks = container->root().blocks;
  several_runs_ = std::count_if(blocks.begin(), blocks.end(),
                                [](const IndexBlockInfo& block) { return block.run_begins; }) > 1;
}

// Within a run paths ascend. Across runs, and between "./a" and "a", hashes tell; two paths of one
// 64-bit hash would be taken for one, which happens once in four million containers of 10 million
// members.
absl::Status IndexScan::CheckUnique(const IndexEntry& entry) {
  INGOT_ASSIGN_OR_RETURN(const absl::string_view path, RelativePath(entry.path));
  if (paths_.insert(HashBytes64(path)).second) return absl::OkStatus();
  return absl::DataLossError("its path occurs twice");
}

absl::Status IndexScan::Take(const IndexEntry& entry, bool run_begins) {
  INGOT_RETURN_IF_ERROR(check_.Check(entry, run_begins));
  if (several_runs_) INGOT_RETURN_IF_ERROR(CheckUnique(entry));
  if (entry.type == MemberType::kHardLink) {
    INGOT_RETURN_IF_ERROR(FindCarrier(*container_, entry).status());
  }
  return absl::OkStatus();
}

void IndexScan::CheckCounters(const VerifyReport& report) {
  const IndexRoot& root = container_->root();
  if (!complete_) return;
  if (root.members != report.members || root.logical_bytes != report.logical_bytes) {
    log_->AddElsewhere(
        0, absl::StrCat("the index holds ", report.members, " members of ", report.logical_bytes,
                        " bytes, but its root says ", root.members, " and ", root.logical_bytes));
  }
}

absl::Status IndexScan::Run(absl::FunctionRef<absl::Status(IndexEntry)> entry,
                            absl::FunctionRef<void()> gap, VerifyReport* report) {
  const std::vector<IndexBlockInfo>& blocks = container_->root().blocks;
  const auto miss = [&](uint64_t offset, absl::string_view what) {
    log_->AddElsewhere(offset, what);
    check_.Gap();
    gap();
    complete_ = false;
  };
  for (size_t block = 0; block < blocks.size(); ++block) {
    absl::StatusOr<std::vector<IndexEntry>> entries = container_->ReadIndexBlock(block);
    if (!entries.ok()) {
      if (!IsDamage(entries.status())) return entries.status();
      miss(container_->IndexBlockOffset(block), entries.status().message());
      continue;
    }
    for (size_t i = 0; i < entries->size(); ++i) {
      IndexEntry& one = (*entries)[i];
      const absl::Status status = Take(one, i == 0 && blocks[block].run_begins);
      if (IsDamage(status)) {
        miss(container_->IndexBlockOffset(block), status.message());
        continue;
      }
      INGOT_RETURN_IF_ERROR(status);
      ++report->members;
      report->logical_bytes += std::min(one.size, UINT64_MAX - report->logical_bytes);
      report->has_findings_member |= one.path == kFindingsMember;
      INGOT_RETURN_IF_ERROR(entry(std::move(one)));
    }
  }
  CheckCounters(*report);
  return absl::OkStatus();
}

}  // namespace ingot
