// Frames whose labels are lost, where nothing else was found.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/format/digest.h"
#include "core/salvage/byte_ranges.h"
#include "core/salvage/file_parts.h"
#include "core/salvage/forgiving_reader.h"

namespace ingot {

// A frame that begins at a multiple of 4096 is taken on its own checksum, if it holds nothing but
// members, or lies where the next slice of a member must.
class UnlabelledFrames {
 public:
  // All outlive it. `parts`: sorted; the frames that are found are added at its end.
  UnlabelledFrames(uint64_t file_bytes, ForgivingReader* reader, FileParts* parts)
      : file_bytes_(file_bytes), reader_(*reader), parts_(*parts) {}

  // They begin in the gaps, but may hold what was found: parts of a member, at odd places. No more
  // than so many frames in all.
  absl::Status Find(const std::vector<ByteRange>& gaps, uint64_t frames_max);

 private:
  absl::StatusOr<uint64_t> Try(uint64_t offset, uint64_t limit, const FoundFrame* before);
  absl::StatusOr<FrameExtent> Measure(uint64_t offset, uint64_t limit);
  bool IsBroken(uint64_t end) const;
  void AddHead(const FoundFrame& frame);
  void LabelAsSlice(const FoundFrame& before, FrameLabel* label) const;

  const uint64_t file_bytes_;
  ForgivingReader& reader_;
  FileParts& parts_;
  FrameScratch scratch_;
  uint8_t label_version_ = kLabelVersion;  // of the others
  // How long members are that go on in slices, by their SlicedMemberId; 0: there are several.
  absl::flat_hash_map<std::array<uint8_t, kDigestBytes>, uint64_t> heads_;
};

}  // namespace ingot
