// The slices of large members, found apart, put behind each other again.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "core/format/digest.h"
#include "core/salvage/file_parts.h"
#include "core/salvage/found_frame.h"
#include "io/readable_file.h"

namespace ingot {

struct SliceChain {
  size_t head = 0;             // the frame that the member begins in
  std::vector<size_t> slices;  // the frames behind it, in order
  bool whole = false;
  uint64_t here_bytes = 0;  // of its stored content, up to the first that is missing
  // There are parts of several versions of the member, and one of them does not lie right behind
  // the one before it; or one has no label. Only the member's digest can prove the whole.
  bool uncertain = false;
};

// One for each frame with a head, but for those that are the same as another's, by number of the
// frame. Labels tell a member's path and time and a slice's offset, which two backups may have
// alike: what lies right behind the slice before it is preferred, as it was written so. `broken`
// tells of more versions. Cancelled when interrupted.
absl::StatusOr<std::vector<SliceChain>> ChainSlices(const std::vector<FoundFrame>& frames,
                                                    const std::vector<BrokenFrame>& broken);

// What the member's content hashes to. REQUIRES: the chain is whole.
absl::StatusOr<Digest> DigestOfChain(const io::ReadableFile& file,
                                     const std::vector<FoundFrame>& frames, const SliceChain& chain,
                                     FrameScratch* scratch);

}  // namespace ingot
