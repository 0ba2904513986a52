#include "core/salvage/slices.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/container/sliced_member.h"
#include "core/format/tar.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

using MemberKey = std::array<uint8_t, kDigestBytes>;
using SliceKey = std::pair<MemberKey, uint64_t>;  // and the offset

class Chains {
 public:
  explicit Chains(const std::vector<FoundFrame>& frames) : frames_(frames) {
    for (size_t i = 0; i < frames.size(); ++i) {
      const FrameLabel& label = frames[i].label;
      if (label.continues) {
        slices_[{label.member.bytes, label.member_offset}].push_back(i);
      } else if (frames[i].head.has_value()) {
        ++heads_[HashBytes(frames[i].head->path).bytes];
      }
    }
  }

  SliceChain From(size_t head) const {
    SliceChain chain;
    chain.head = head;
    const FoundFrame& frame = frames_[head];
    const uint64_t total = frame.head->stored_bytes;
    const MemberKey member = HashBytes(frame.head->path).bytes;
    size_t previous = head;
    chain.here_bytes = frame.head_bytes;
    while (chain.here_bytes < total) {
      const std::optional<size_t> next =
          Choose(member, chain.here_bytes, total, previous, &chain.uncertain);
      if (!next.has_value()) return chain;
      if (!frames_[*next].labelled) chain.uncertain = true;
      chain.slices.push_back(*next);
      previous = *next;
      chain.here_bytes +=
          std::min<uint64_t>(frames_[previous].label.content_bytes, total - chain.here_bytes);
    }
    chain.whole = true;
    return chain;
  }

 private:
  // Whether the slice ends the member where its header says.
  bool Fits(const FrameLabel& label, uint64_t total) const {
    const uint64_t left = total - label.member_offset;
    if (label.continued) return label.content_bytes < left;
    return label.content_bytes == left + TarPadding(total);
  }

  std::optional<size_t> Choose(const MemberKey& member, uint64_t offset, uint64_t total,
                               size_t previous, bool* uncertain) const {
    const auto found = slices_.find({member, offset});
    if (found == slices_.end()) return std::nullopt;
    // Also where the label between them is damaged.
    const uint64_t behind =
        frames_[previous].offset + LabelledFrameBytes(frames_[previous].label.stored_bytes);
    std::optional<size_t> chosen;
    std::optional<size_t> unlabelled;
    bool several = heads_.at(member) > 1;
    for (const size_t slice : found->second) {
      if (!Fits(frames_[slice].label, total)) continue;
      const bool is_behind = frames_[slice].offset == behind;
      if (!frames_[slice].labelled) {
        // It was taken for a slice because of where it lies.
        if (is_behind) unlabelled = slice;
        continue;
      }
      if (is_behind) return slice;
      if (chosen.has_value() &&
          frames_[*chosen].label.stored_digest != frames_[slice].label.stored_digest) {
        several = true;
      }
      // The nearest behind, or the first of all.
      if (!chosen.has_value() || (*chosen < previous && slice > previous)) chosen = slice;
    }
    if (chosen.has_value() && several) *uncertain = true;
    return chosen.has_value() ? chosen : unlabelled;
  }

  const std::vector<FoundFrame>& frames_;
  absl::flat_hash_map<SliceKey, std::vector<size_t>> slices_;  // ascending
  absl::flat_hash_map<MemberKey, size_t> heads_;               // how many begin
};

}  // namespace

std::vector<SliceChain> ChainSlices(const std::vector<FoundFrame>& frames) {
  const Chains chains(frames);
  std::vector<SliceChain> all;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].head.has_value()) all.push_back(chains.From(i));
  }
  return all;
}

absl::StatusOr<Digest> DigestOfChain(const io::ReadableFile& file,
                                     const std::vector<FoundFrame>& frames, const SliceChain& chain,
                                     FrameScratch* scratch) {
  const FoundFrame& head = frames[chain.head];
  IndexEntry entry = *head.head;
  entry.frame = 0;
  const uint64_t total = entry.stored_bytes;
  SlicedMember member(entry, chain.slices.size());
  INGOT_RETURN_IF_ERROR(ReadFoundFrame(file, head.offset, head.label, scratch));
  const absl::Span<const char> stream = scratch->content.subspan(entry.frame_offset);
  INGOT_ASSIGN_OR_RETURN(TarHeader header, ParseTarHeader(stream));
  const absl::Span<const char> first = stream.subspan(header.header_bytes);
  member.SetHeader(std::move(header));
  member.AddSlice(0, 0, first);
  for (size_t i = 0; i < chain.slices.size(); ++i) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const FoundFrame& slice = frames[chain.slices[i]];
    INGOT_RETURN_IF_ERROR(ReadFoundFrame(file, slice.offset, slice.label, scratch));
    const uint64_t offset = slice.label.member_offset;
    const uint64_t length = std::min<uint64_t>(scratch->content.size(), total - offset);
    member.AddSlice(i + 1, offset, scratch->content.first(length));
  }
  return member.ContentDigest();
}

}  // namespace ingot
