// Frames and their labels: what one independently readable piece of the stream looks like on disk.
// FORMAT.md, "Frames" (frame.cc) and "Labels" (label.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/format/digest.h"
#include "io/file_stat.h"

namespace ingot {

inline constexpr uint64_t kFrameAlignment = 4096;
inline constexpr uint64_t kFrameContentBytesMax = uint64_t{64} << 20;  // a reader refuses more
inline constexpr uint32_t kLabelMagic = 0x184D2A5B;
inline constexpr uint32_t kIndexMagic = 0x184D2A5C;
inline constexpr uint32_t kSeekTableMagic = 0x184D2A5E;
inline constexpr uint64_t kSkippableHeaderBytes = 8;  // magic, length of the rest

// A label without the zeros that follow it.
inline constexpr uint64_t kLabelFixedBytes = 104;

inline constexpr uint8_t kLabelVersion = 2;  // that is written; 1 can be read, too

// Position-independent facts of a frame, enough to salvage it alone.
struct FrameLabel {
  uint32_t stored_bytes = 0;   // the zstd frame
  uint32_t content_bytes = 0;  // of the tar stream
  Digest stored_digest;        // XXH3-128 of the stored bytes
  bool continues = false;      // the frame begins inside a member whose header is in an earlier one
  bool continued = false;      // the frame ends inside a member: more slices follow
  Digest member;               // SlicedMemberId when continues or continued, else zero
  uint64_t member_offset =
      0;  // stored content bytes of that member before this frame; 0 unless continues
  uint8_t version = kLabelVersion;
  bool operator==(const FrameLabel&) const = default;
};

// What the labels of a sliced member's frames know it by: path and time, so that slices of a
// version with another time are not taken for its own; in labels of version 1 the path alone.
Digest SlicedMemberId(absl::string_view path, io::Timestamp mtime,
                      uint8_t label_version = kLabelVersion);
bool NamesMember(const FrameLabel& label, absl::string_view path, io::Timestamp mtime);

// How many bytes frame and label take: the next frame begins there.
uint64_t LabelledFrameBytes(uint64_t stored_bytes);

// Writes the label to out[stored_bytes, LabelledFrameBytes(stored_bytes)), where `out` begins with
// the stored frame. REQUIRES: out is large enough; what ParseLabel would refuse is not in the
// label.
void WriteLabel(const FrameLabel& label, absl::Span<char> out);

// `bytes`: the whole skippable frame. DataLoss unless every byte is what WriteLabel writes.
absl::StatusOr<FrameLabel> ParseLabel(absl::Span<const char> bytes, uint64_t stored_bytes);
// `bytes`: kLabelFixedBytes, found anywhere. What a label says that is whole but perhaps for the
// zeros behind it; its frame ends where it begins.
absl::StatusOr<FrameLabel> ParseLabelFacts(absl::Span<const char> bytes);

// Most bytes that a frame of this content can take, without and with its label. A reader refuses
// frames that take more.
uint64_t FrameBytesMax(uint64_t content_bytes);
uint64_t LabelledFrameBytesMax(uint64_t content_bytes);

// What a piece between two cuts of a frame must have for FrameBytesMax to hold: a block's header is
// 3 bytes, and ZSTD_COMPRESSBOUND has room for one byte in 256.
inline constexpr size_t kCutBytesMin = 4096;

// One ZSTD_CCtx, used again and again. Not thread-safe.
class FrameCompressor {
 public:
  explicit FrameCompressor(int level);
  ~FrameCompressor();
  FrameCompressor(FrameCompressor&&) noexcept;
  FrameCompressor& operator=(FrameCompressor&&) noexcept;
  // Writes one zstd frame (content size present, checksum on) and returns its length. `cuts` are
  // ascending positions inside the content at which a block ends, too (core/create/block_cuts.h).
  // The same content, cuts and level always give the same bytes. REQUIRES: out.size() >=
  // FrameBytesMax(content.size()); of any two neighbouring pieces one has kCutBytesMin at least.
  absl::StatusOr<size_t> Compress(absl::Span<const char> content, absl::Span<const size_t> cuts,
                                  absl::Span<char> out);
  absl::StatusOr<size_t> Compress(absl::Span<const char> content, absl::Span<char> out) {
    return Compress(content, {}, out);
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class FrameDecompressor {
 public:
  FrameDecompressor();
  ~FrameDecompressor();
  FrameDecompressor(FrameDecompressor&&) noexcept;
  FrameDecompressor& operator=(FrameDecompressor&&) noexcept;
  // DataLoss unless `stored` is exactly one zstd frame of exactly out.size() bytes with a right
  // checksum, a window of at most kFrameContentBytesMax and no dictionary.
  absl::Status Decompress(absl::Span<const char> stored, absl::Span<char> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// How long a zstd frame is and what it says of its content, from its headers alone: RFC 8878.
struct FrameExtent {
  uint64_t stored_bytes = 0;
  uint64_t content_bytes = 0;
};
// `read` gives bytes at an offset from where the frame should begin. DataLoss unless it could be a
// data frame of a container; else the errors of `read`.
absl::StatusOr<FrameExtent> MeasureFrame(
    absl::FunctionRef<absl::Status(uint64_t offset, absl::Span<char> out)> read);

// A single-segment zstd frame of one raw block: its length depends on the content's length alone,
// so it can be patched. REQUIRES: content.size() <= kRawFrameContentBytesMax.
std::string RawFrame(absl::string_view content);
inline constexpr uint64_t kRawFrameContentBytesMax = uint64_t{64} << 10;

// The two zero blocks that end the archive, as the one frame that every container has for them.
absl::string_view EndOfArchiveFrame();
inline constexpr uint64_t kEndOfArchiveContentBytes = 1024;

// The frame's own checksum (low 32 bits of XXH64 of the content), its last four bytes.
// REQUIRES: at least four bytes.
uint32_t FrameChecksum(absl::Span<const char> stored);

}  // namespace ingot
