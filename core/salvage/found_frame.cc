#include "core/salvage/found_frame.h"

#include "io/status.h"

namespace ingot {

absl::Status ReadFoundFrame(const io::ReadableFile& file, uint64_t offset, const FrameLabel& label,
                            FrameScratch* scratch) {
  if (scratch->stored.size() < label.stored_bytes) {
    scratch->stored = io::AlignedBuffer(label.stored_bytes);
  }
  const absl::Span<char> stored(scratch->stored.data(), label.stored_bytes);
  INGOT_RETURN_IF_ERROR(file.ReadAt(offset, stored));
  return UnpackFrame(stored, label, scratch);
}

}  // namespace ingot
