// tar headers: ustar, with pax extended headers only where ustar cannot say it. FORMAT.md,
// "Members".
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/member.h"

namespace ingot {

inline constexpr uint64_t kTarBlockBytes = 512;
// A header (pax records, sparse map and all) never exceeds this; a reader refuses a larger one.
inline constexpr uint64_t kHeaderBytesMax = uint64_t{1} << 20;
// What one member may bring, so that its header fits. More extents are merged (io/inode.h); more
// xattr bytes are left out by the caller and told as a finding.
inline constexpr size_t kSparseExtentsMax = 16384;
inline constexpr size_t kXattrBytesMax = size_t{256} << 10;

constexpr uint64_t TarPadding(uint64_t bytes) {
  return (kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes;
}

// Everything from the first header block to the first byte of content: the pax header if there must
// be one, the ustar header, the sparse map. A multiple of 512 bytes. InvalidArgument when the
// member cannot be said within kHeaderBytesMax.
absl::StatusOr<std::string> EncodeTarHeader(const Member& member);

// The header of a member whose size is not known yet: pax `size` zero-padded to 20 digits, ustar
// size 0. Its length does not depend on member.size, so it can be written again when the size is
// known.
absl::StatusOr<std::string> EncodePatchableTarHeader(const Member& member);

struct TarHeader {
  Member member;
  uint64_t header_bytes = 0;   // up to the first byte of content
  uint64_t content_bytes = 0;  // stored content that follows, without padding
};

// Parses the header at the start of `stream`. DataLoss when it is not one, is cut off, or says
// something that a writer of FORMAT.md never says (unknown keywords are refused: this reads our own
// containers).
absl::StatusOr<TarHeader> ParseTarHeader(absl::Span<const char> stream);

}  // namespace ingot
