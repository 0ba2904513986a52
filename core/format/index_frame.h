// The skippable frame that an index block and the root come in. FORMAT.md, "Index".
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/format/frame.h"

namespace ingot {

enum class IndexFrameKind { kBlock, kRoot };

// Compresses `raw`, of `count` entries or blocks, into a skippable frame. REQUIRES: `raw` is not
// empty and at most kIndexRootBytesMax.
absl::StatusOr<std::string> SealIndexFrame(IndexFrameKind kind, absl::string_view raw,
                                           uint32_t count, FrameCompressor* compressor);
FrameCompressor NewIndexCompressor();

// What the first kIndexFrameHeadBytes say of a frame that was found anywhere: DataLoss unless they
// can be those of a block or a root, of no more than either may have.
inline constexpr size_t kIndexFrameHeadBytes = 24;
struct IndexFrameHead {
  IndexFrameKind kind = IndexFrameKind::kBlock;
  uint64_t frame_bytes = 0;  // all of it
};
absl::StatusOr<IndexFrameHead> ReadIndexFrameHead(absl::Span<const char> head);

struct IndexFrame {
  std::string raw;
  uint32_t count = 0;
};
// DataLoss unless the frame is whole, of that kind, intact, and its raw bytes are at most
// `raw_bytes_max`.
absl::StatusOr<IndexFrame> OpenIndexFrame(IndexFrameKind kind, absl::Span<const char> frame,
                                          uint64_t raw_bytes_max);

}  // namespace ingot
