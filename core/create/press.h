// Presses frames: hashes their members, compresses, labels. Pure but for the compressor's memory.
#pragma once

#include "absl/status/status.h"
#include "core/create/frame.h"
#include "core/format/frame.h"
#include "io/aligned_buffer.h"

namespace ingot {

// One for each frame in the press at a time. Not thread-safe.
class Press {
 public:
  // `spare_bytes`: as large as every frame's buffer.
  Press(int level, size_t spare_bytes) : compressor_(level), spare_(spare_bytes) {}

  // Sets digests, chunks, label, checksum and stored_bytes. The frame gets the press's spare buffer
  // with the result and leaves its own behind as the next spare: nobody waits for memory here.
  absl::Status Run(Frame* frame);

 private:
  FrameCompressor compressor_;
  io::AlignedBuffer spare_;
};

// The same for content that will be patched: a raw frame, whose length does not depend on the
// bytes.
void PressRaw(Frame* frame);

}  // namespace ingot
