#include "core/container/frame_jobs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot {

// Emits the current job and those of the frames behind it, up to end_frame (excluded), which only
// continue its last member.
absl::Status FrameJobs::EmitThrough(uint64_t end_frame, uint64_t last_frame) {
  while (next_frame_ < end_frame) {
    FrameJob job;
    if (current_.has_value()) {
      job = *std::move(current_);
      current_.reset();
    } else {
      job.frame = next_frame_;
      job.begins_inside = !gap_;
    }
    job.index_incomplete = job.index_incomplete || gap_;
    job.last_frame = gap_ ? job.frame : last_frame;
    ++next_frame_;
    INGOT_RETURN_IF_ERROR(sink_(std::move(job)));
  }
  return absl::OkStatus();
}

bool FrameJobs::BeginsInside(const IndexEntry& first_entry) const {
  return first_entry.frame_offset > 0 && !frames_[first_entry.frame].begins_member;
}

absl::Status FrameJobs::Add(IndexEntry entry) {
  const bool first = next_frame_ == 0 && !current_.has_value() && !gap_;
  if (first && (entry.frame != 0 || BeginsInside(entry))) {
    return absl::DataLossError(
        absl::StrCat("the stream does not begin with the index's first member, ", entry.path));
  }
  if (!current_.has_value() || current_->frame != entry.frame) {
    const bool begins_inside = BeginsInside(entry);
    INGOT_RETURN_IF_ERROR(EmitThrough(entry.frame, begins_inside ? entry.frame : entry.frame - 1));
    current_.emplace();
    current_->frame = entry.frame;
    current_->begins_inside = begins_inside && !gap_;
    current_->index_incomplete = gap_;
  }
  gap_ = false;
  current_->entries.push_back(std::move(entry));
  return absl::OkStatus();
}

void FrameJobs::Gap() {
  if (current_.has_value()) current_->index_incomplete = true;
  gap_ = true;
}

absl::Status FrameJobs::Finish() {
  if (frames_.empty()) return absl::OkStatus();
  if (next_frame_ == 0 && !current_.has_value() && !gap_) {
    return absl::DataLossError("the index is empty, but there are frames");
  }
  return EmitThrough(frames_.size(), frames_.size() - 1);
}

}  // namespace ingot
