#include "core/salvage/unlabelled_frames.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/format/frame.h"
#include "core/format/tar.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

// Read at once where a frame's length is taken from its block headers.
constexpr size_t kHeaderWindowBytes = size_t{16} << 10;

uint64_t NextBoundary(uint64_t offset) {
  return (offset + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

// Also where its label is damaged.
bool EndsAt(const FoundFrame& frame, uint64_t offset) {
  return frame.offset + LabelledFrameBytes(frame.label.stored_bytes) == offset;
}

}  // namespace

// Its blocks may be many and short.
absl::StatusOr<FrameExtent> UnlabelledFrames::Measure(uint64_t offset, uint64_t limit) {
  std::string window;
  uint64_t window_at = 0;
  return MeasureFrame([&](uint64_t at, absl::Span<char> out) -> absl::Status {
    if (at + out.size() > limit - offset) return absl::DataLossError("cut off");
    if (at < window_at || at + out.size() > window_at + window.size()) {
      window_at = at;
      window.resize(std::min<uint64_t>(kHeaderWindowBytes, limit - offset - at));
      if (!reader_.MayRead(window.size())) return absl::DataLossError("too much to look at");
      INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset + at, absl::MakeSpan(window)));
    }
    std::copy_n(window.data() + (at - window_at), out.size(), out.data());
    return absl::OkStatus();
  });
}

void UnlabelledFrames::AddHead(const FoundFrame& frame) {
  if (!frame.head.has_value()) return;
  const uint64_t bytes = frame.head->stored_bytes;
  const auto [at, added] = heads_.emplace(
      SlicedMemberId(frame.head->path, frame.head->mtime, frame.label.version).bytes, bytes);
  if (!added && at->second != bytes) at->second = 0;  // several versions: which one, who knows
}

// What goes on in the frame right `before`, if its header is there and the length fits.
void UnlabelledFrames::LabelAsSlice(const FoundFrame& before, FrameLabel* label) const {
  const auto head = heads_.find(before.label.member.bytes);
  if (!before.label.continued || head == heads_.end()) return;
  const uint64_t offset = before.label.continues
                              ? before.label.member_offset + before.label.content_bytes
                              : before.head_bytes;
  if (offset >= head->second) return;
  const uint64_t left = head->second - offset;
  if (label->content_bytes >= left && label->content_bytes != left + TarPadding(head->second)) {
    return;
  }
  label->continues = true;
  label->continued = label->content_bytes < left;
  label->member = before.label.member;
  label->member_offset = offset;
}

// Whether a label says of the frame that ends there that it is another one.
bool UnlabelledFrames::IsBroken(uint64_t end) const {
  const auto broken =
      std::lower_bound(parts_.broken.begin(), parts_.broken.end(), end,
                       [](const BrokenFrame& a, uint64_t at) { return a.label_offset < at; });
  return broken != parts_.broken.end() && broken->label_offset == end;
}

// The frame `before` it ends with its label, or the place of that, where this one begins.
absl::StatusOr<uint64_t> UnlabelledFrames::Try(uint64_t offset, uint64_t limit,
                                               const FoundFrame* before) {
  const uint64_t next = offset + kFrameAlignment;
  const absl::StatusOr<FrameExtent> extent = Measure(offset, limit);
  if (absl::IsCancelled(extent.status())) return extent.status();
  if (!extent.ok() || extent->stored_bytes > limit - offset) return next;
  if (IsBroken(offset + extent->stored_bytes) || !reader_.MayRead(extent->stored_bytes))
    return next;

  FrameLabel label;
  label.version = label_version_;
  label.stored_bytes = static_cast<uint32_t>(extent->stored_bytes);
  label.content_bytes = static_cast<uint32_t>(extent->content_bytes);
  if (scratch_.stored.size() < label.stored_bytes) {
    scratch_.stored = io::AlignedBuffer(label.stored_bytes);
  }
  const absl::Span<char> stored(scratch_.stored.data(), label.stored_bytes);
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, stored));
  label.stored_digest = HashBytes(stored);
  if (!UnpackFrame(stored, label, &scratch_).ok()) return next;
  if (before != nullptr) LabelAsSlice(*before, &label);
  INGOT_ASSIGN_OR_RETURN(FoundFrame found, UnderstandFrame(offset, label, /*labelled=*/false,
                                                           scratch_, parts_.members.get()));
  if (found.unparsed_bytes > 0) return next;  // none of ours
  if (found.head.has_value()) {
    found.label.continued = true;
    found.label.member = SlicedMemberId(found.head->path, found.head->mtime, label.version);
  }
  AddHead(found);
  parts_.frames.push_back(std::move(found));
  return offset + LabelledFrameBytes(label.stored_bytes);
}

absl::Status UnlabelledFrames::Find(const std::vector<ByteRange>& gaps, uint64_t frames_max) {
  std::vector<FoundFrame>& frames = parts_.frames;
  for (const FoundFrame& frame : frames) AddHead(frame);
  if (!frames.empty()) label_version_ = frames.front().label.version;
  const size_t labelled = frames.size();
  size_t behind = 0;  // the first frame behind the gap
  size_t limiting = 0;
  uint64_t at = 0;
  for (const ByteRange& gap : gaps) {
    while (behind < labelled && frames[behind].offset < gap.end) ++behind;
    limiting = std::max(limiting, behind);
    while (limiting < labelled && frames[limiting].offset % kFrameAlignment != 0) ++limiting;
    const uint64_t limit = limiting < labelled ? frames[limiting].offset : file_bytes_;
    at = std::max(at, NextBoundary(gap.begin));
    while (at + kLabelFixedBytes < gap.end && frames.size() < frames_max) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      char magic[sizeof(kFrameMagic)];
      INGOT_RETURN_IF_ERROR(reader_.ReadAt(at, absl::MakeSpan(magic)));
      if (!std::equal(std::begin(magic), std::end(magic), std::begin(kFrameMagic))) {
        at += kFrameAlignment;
        continue;
      }
      const FoundFrame* before = nullptr;
      if (behind > 0 && EndsAt(frames[behind - 1], at)) before = &frames[behind - 1];
      if (frames.size() > labelled && EndsAt(frames.back(), at)) before = &frames.back();
      INGOT_ASSIGN_OR_RETURN(at, Try(at, limit, before));
    }
  }
  return absl::OkStatus();
}

}  // namespace ingot
