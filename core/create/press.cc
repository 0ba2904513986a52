#include "core/create/press.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "core/create/block_cuts.h"
#include "io/status.h"

namespace ingot {
namespace {

absl::Span<const char> ContentOf(const Frame& frame) {
  return {frame.buffer.data(), frame.content_bytes};
}

// Feeds logical content [begin, end): the stretches and zeros between them.
void HashLogical(const Frame& frame, absl::Span<const Stretch> stretches, uint64_t begin,
                 uint64_t end, ContentHasher* hasher) {
  uint64_t at = begin;
  for (const Stretch& stretch : stretches) {
    hasher->Zeros(stretch.logical_offset - at);
    hasher->Data(ContentOf(frame).subspan(stretch.position, stretch.length));
    at = stretch.logical_offset + stretch.length;
  }
  hasher->Zeros(end - at);
}

void HashMembers(Frame* frame) {
  for (FrameMember& member : frame->members) {
    if (member.entry.type != MemberType::kRegular) continue;
    const bool in_one_piece =
        member.content.size() == 1 && member.content[0].length == member.entry.size;
    if (in_one_piece && member.entry.size <= kChunkBytes) {
      member.entry.digest =
          HashBytes(ContentOf(*frame).subspan(member.content[0].position, member.entry.size));
      continue;
    }
    ContentHasher hasher;
    HashLogical(*frame, member.content, 0, member.entry.size, &hasher);
    ChunkedDigest digest;
    digest.Append(hasher.Finish());
    member.entry.digest = digest.Finish();
  }
  if (frame->spanning != nullptr) {
    ContentHasher hasher;
    HashLogical(*frame, frame->content, frame->slice_begin, frame->slice_end, &hasher);
    frame->chunks = hasher.Finish();
  }
}

// `stored`: the zstd frame in the buffer.
void Label(Frame* frame, size_t stored) {
  const absl::Span<const char> bytes(frame->buffer.data(), stored);
  frame->label.stored_bytes = static_cast<uint32_t>(stored);
  frame->label.content_bytes = static_cast<uint32_t>(frame->content_bytes);
  frame->label.stored_digest = HashBytes(bytes);
  frame->checksum = FrameChecksum(bytes);
  frame->stored_bytes = LabelledFrameBytes(stored);
  WriteLabel(frame->label, absl::MakeSpan(frame->buffer.data(), frame->buffer.size()));
}

}  // namespace

absl::Status Press::Run(Frame* frame) {
  HashMembers(frame);
  INGOT_ASSIGN_OR_RETURN(const size_t stored,
                         compressor_.Compress(ContentOf(*frame), BlockCuts(*frame),
                                              absl::MakeSpan(spare_.data(), spare_.size())));
  std::swap(frame->buffer, spare_);
  Label(frame, stored);
  return absl::OkStatus();
}

void PressRaw(Frame* frame) {
  const std::string raw = RawFrame(absl::string_view(frame->buffer.data(), frame->content_bytes));
  std::memcpy(frame->buffer.data(), raw.data(), raw.size());
  Label(frame, raw.size());
}

}  // namespace ingot
