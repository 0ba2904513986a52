// A frame on its way through the engine: planned, filled, pressed, written.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/create/entry.h"
#include "core/format/digest.h"
#include "core/format/frame.h"
#include "core/format/index.h"
#include "io/aligned_buffer.h"

namespace ingot {

// A member that spans frames: what its slices share. Its index entry is added with its last slice.
struct SpanningMember {
  IndexEntry entry;
  ChunkedDigest digest;  // folded by the writer, in order
  Digest id;             // SlicedMemberId, for labels
  std::atomic<bool> changed{false};
  std::atomic<bool> cut{false};
  std::atomic<bool> zero_filled{false};
};

// A stretch of a member's stored content inside a frame's content.
struct Stretch {
  uint64_t logical_offset = 0;  // in the member
  uint64_t length = 0;
  size_t position = 0;  // in the frame's content
};

// A whole member in a frame.
struct FrameMember {
  IndexEntry entry;
  std::vector<Stretch> content;
};

struct Frame {
  // Frames are written by (sequence, part); the last part of a sequence says so. A frame without
  // content is not written: it only ends its sequence.
  uint64_t sequence = 0;
  uint32_t part = 0;
  bool ends_sequence = true;
  bool from_reserve = false;  // its buffer goes back there

  io::AlignedBuffer buffer;  // content; after pressing the stored frame and its label
  size_t content_bytes = 0;
  size_t stored_bytes = 0;  // with the label; set by pressing, which a run that has failed omits
  FrameLabel label;         // set by pressing, but for the four fields on spanning members
  uint32_t checksum = 0;    // of the zstd frame; set by pressing

  // Either whole members, in order ...
  std::vector<FrameMember> members;
  // ... or one slice of this one.
  std::shared_ptr<SpanningMember> spanning;
  uint64_t slice_begin = 0;      // logical: a multiple of kChunkBytes
  uint64_t slice_end = 0;        // logical
  std::vector<Stretch> content;  // what of the slice is not holes
  std::vector<ChunkRun> chunks;  // set by pressing
};

}  // namespace ingot
