#include "core/salvage/member_store.h"

#include <utility>

#include "io/status.h"

namespace ingot {

MemberStore::MemberStore(const std::string& spool_directory)
    : spool_(spool_directory, kSpoolMemoryBytes), builder_(&spool_) {}

absl::StatusOr<MemberPlace> MemberStore::Append(absl::Span<const IndexEntry> entries) {
  absl::MutexLock lock(&mutex_);
  MemberPlace place{runs_count_, 0};
  const IndexEntry* previous = nullptr;
  for (const IndexEntry& entry : entries) {
    if (previous == nullptr || ComparePaths(previous->path, entry.path) >= 0) {
      path_bytes_ += entry.path.size();
      if (path_bytes_ > kPathBytesMax) {
        return absl::ResourceExhaustedError("its members' paths take more memory than they may");
      }
      builder_.BeginRun();
      ++place.runs;
    }
    INGOT_RETURN_IF_ERROR(builder_.Add(entry));
    previous = &entry;
  }
  runs_count_ += place.runs;
  return place;
}

absl::Status MemberStore::Finish() {
  absl::MutexLock lock(&mutex_);
  INGOT_ASSIGN_OR_RETURN(root_, builder_.Finish({}));
  runs_ = RunsOf(root_);
  uint64_t offset = 0;
  for (const IndexBlockInfo& block : root_.blocks) {
    block_offsets_.push_back(offset);
    offset += block.stored_bytes;
  }
  return absl::OkStatus();
}

absl::Status MemberStore::ForEach(const MemberPlace& place,
                                  absl::FunctionRef<absl::Status(IndexEntry)> visit) const {
  std::string frame;
  for (uint64_t run = place.first_run; run < place.first_run + place.runs; ++run) {
    for (size_t block = runs_[run].begin; block < runs_[run].end; ++block) {
      frame.resize(root_.blocks[block].stored_bytes);
      INGOT_RETURN_IF_ERROR(spool_.Read(block_offsets_[block], absl::MakeSpan(frame)));
      INGOT_ASSIGN_OR_RETURN(std::vector<IndexEntry> entries,
                             ParseIndexBlock(frame, root_.blocks[block]));
      for (IndexEntry& entry : entries) INGOT_RETURN_IF_ERROR(visit(std::move(entry)));
    }
  }
  return absl::OkStatus();
}

}  // namespace ingot
