#include "core/create/read_back.h"

#include <algorithm>
#include <cstring>

#include "core/format/frame.h"
#include "io/aligned_buffer.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

class ReadBackSource : public StreamSource {
 public:
  ReadBackSource(const StreamPlace& place, absl::Span<const SeekEntry> seek_entries,
                 io::Output* output)
      : seek_entries_(seek_entries),
        output_(output),
        frame_(place.first_frame),
        offset_(place.offset),
        left_(place.bytes) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (left_ == 0) return 0;
    if (content_.empty()) INGOT_RETURN_IF_ERROR(NextFrame());
    const size_t count = std::min(out.size(), content_.size());
    std::memcpy(out.data(), content_.data(), count);
    content_.remove_prefix(count);
    left_ -= count;
    return count;
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  absl::Status NextFrame() {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    INGOT_CHECK(2 * frame_ < seek_entries_.size());
    const SeekEntry& entry = seek_entries_[2 * frame_];
    const uint64_t bytes = LabelledFrameBytes(entry.stored_bytes);
    if (stored_.size() < bytes) stored_ = io::AlignedBuffer(bytes);
    if (buffer_.size() < entry.content_bytes) buffer_ = io::AlignedBuffer(entry.content_bytes);
    INGOT_RETURN_IF_ERROR(output_->ReadBack(offset_, {stored_.data(), bytes}));
    const absl::Span<char> content(buffer_.data(), entry.content_bytes);
    INGOT_RETURN_IF_ERROR(decompressor_.Decompress({stored_.data(), entry.stored_bytes}, content));
    // The last frame has the member's padding, too.
    content_ = content.first(std::min<uint64_t>(content.size(), left_));
    offset_ += bytes;
    ++frame_;
    return absl::OkStatus();
  }

  const absl::Span<const SeekEntry> seek_entries_;
  io::Output* const output_;
  uint64_t frame_;
  uint64_t offset_;
  uint64_t left_;
  io::AlignedBuffer stored_;
  io::AlignedBuffer buffer_;
  absl::Span<const char> content_;  // of the last frame read, not yet given
  FrameDecompressor decompressor_;
};

}  // namespace

std::unique_ptr<StreamSource> ReadBack(const StreamPlace& place,
                                       absl::Span<const SeekEntry> seek_entries,
                                       io::Output* output) {
  return std::make_unique<ReadBackSource>(place, seek_entries, output);
}

}  // namespace ingot
