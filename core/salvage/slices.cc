#include "core/salvage/slices.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "core/container/sliced_member.h"
#include "core/format/frame.h"
#include "core/format/tar.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

using MemberKey = std::array<uint8_t, kDigestBytes>;
using SliceKey = std::pair<MemberKey, uint64_t>;  // and the offset

// Of the member that begins in it.
Digest IdOf(const FoundFrame& frame) {
  return SlicedMemberId(frame.head->path, frame.head->mtime, frame.label.version);
}

class Chains {
 public:
  Chains(const std::vector<FoundFrame>& frames, const std::vector<BrokenFrame>& broken)
      : frames_(frames) {
    absl::flat_hash_map<SliceKey, Digest> seen;
    for (size_t i = 0; i < frames.size(); ++i) {
      const FrameLabel& label = frames[i].label;
      if (label.continues) {
        slices_[{label.member.bytes, label.member_offset}].push_back(i);
        Note(label.member, label.member_offset, label.stored_digest, &seen);
      } else if (frames[i].head.has_value()) {
        Note(IdOf(frames[i]), 0, label.stored_digest, &seen);
      }
    }
    for (const BrokenFrame& frame : broken) {
      const FrameLabel& label = frame.label;
      if (label.continues) Note(label.member, label.member_offset, label.stored_digest, &seen);
    }
  }

  SliceChain From(size_t head) const {
    SliceChain chain;
    chain.head = head;
    const FoundFrame& frame = frames_[head];
    const uint64_t total = frame.head->stored_bytes;
    const MemberKey member = IdOf(frame).bytes;
    size_t previous = head;
    chain.here_bytes = frame.head_bytes;
    if (total <= chain.here_bytes) return chain;  // a stream's, whose size was never written
    while (chain.here_bytes < total) {
      const std::optional<size_t> next = Choose(member, chain.here_bytes, total, previous);
      if (!next.has_value()) return chain;
      chain.uncertain |=
          !frames_[*next].labelled || (!IsBehind(previous, *next) && several_.contains(member));
      chain.slices.push_back(*next);
      previous = *next;
      chain.here_bytes +=
          std::min<uint64_t>(frames_[previous].label.content_bytes, total - chain.here_bytes);
    }
    chain.whole = true;
    return chain;
  }

 private:
  // Two parts of one offset that differ are of two versions.
  void Note(const Digest& member, uint64_t offset, const Digest& part,
            absl::flat_hash_map<SliceKey, Digest>* seen) {
    const auto [at, added] = seen->emplace(SliceKey(member.bytes, offset), part);
    if (!added && at->second != part) several_.insert(member.bytes);
  }

  // Also where the label between them is damaged.
  bool IsBehind(size_t previous, size_t frame) const {
    return frames_[frame].offset ==
           frames_[previous].offset + LabelledFrameBytes(frames_[previous].label.stored_bytes);
  }

  // Whether the slice ends the member where its header says.
  bool Fits(const FrameLabel& label, uint64_t total) const {
    const uint64_t left = total - label.member_offset;
    if (label.continued) return label.content_bytes < left;
    return label.content_bytes == left + TarPadding(total);
  }

  std::optional<size_t> Choose(const MemberKey& member, uint64_t offset, uint64_t total,
                               size_t previous) const {
    const auto found = slices_.find({member, offset});
    if (found == slices_.end()) return std::nullopt;
    std::optional<size_t> chosen;
    for (const size_t slice : found->second) {
      if (!Fits(frames_[slice].label, total)) continue;
      if (IsBehind(previous, slice)) return slice;
      // One without a label was taken for a slice because of what it lies behind.
      if (!frames_[slice].labelled) continue;
      // The nearest behind, or the first of all.
      if (!chosen.has_value() || (*chosen < previous && slice > previous)) chosen = slice;
    }
    return chosen;
  }

  const std::vector<FoundFrame>& frames_;
  absl::flat_hash_map<SliceKey, std::vector<size_t>> slices_;  // ascending
  absl::flat_hash_set<MemberKey> several_;                     // of several versions
};

}  // namespace

absl::StatusOr<std::vector<SliceChain>> ChainSlices(const std::vector<FoundFrame>& frames,
                                                    const std::vector<BrokenFrame>& broken) {
  // Of the same head so many times: beside one of them its slices lie.
  constexpr size_t kSameHeadsMax = 8;
  const Chains chains(frames, broken);
  std::vector<SliceChain> all;
  absl::flat_hash_map<MemberKey, std::pair<size_t, size_t>> heads;  // number in `all`, tries
  for (size_t i = 0; i < frames.size(); ++i) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    if (!frames[i].head.has_value()) continue;
    const auto [at, added] =
        heads.emplace(frames[i].label.stored_digest.bytes, std::make_pair(all.size(), 0));
    auto& [number, tries] = at->second;
    if (added) {
      all.push_back(chains.From(i));
    } else if ((!all[number].whole || all[number].uncertain) && ++tries < kSameHeadsMax) {
      SliceChain chain = chains.From(i);
      if (chain.whole && (!all[number].whole || !chain.uncertain)) all[number] = std::move(chain);
    }
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
