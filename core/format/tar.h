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
// Of a path or a link target.
inline constexpr size_t kPathBytesMax = (size_t{64} << 10) - 1;
// Of a file, logical or stored: what off_t can say.
inline constexpr uint64_t kMemberSizeMax = uint64_t{INT64_MAX};
// Of a device node's numbers: Linux has 12 and 20 bits.
inline constexpr uint32_t kDeviceNumberMax = 07777777;

constexpr uint64_t TarPadding(uint64_t bytes) {
  return (kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes;
}

// Everything from the first header block to the first byte of content: the pax header if there must
// be one, the ustar header, the sparse map. A multiple of 512 bytes. The same member gives the same
// bytes. InvalidArgument when the member cannot be said, or not within kHeaderBytesMax: a name
// longer than kPathBytesMax or with a NUL, an ACL that the kernel would not give, xattrs that are
// not sorted, ...
absl::StatusOr<std::string> EncodeTarHeader(const Member& member);
// The same, appended to `out`, which is as it was when there is an error.
absl::Status AppendTarHeader(const Member& member, std::string* out);

// The header of a member whose size is not known yet: pax `size` zero-padded to 20 digits, ustar
// size 0. Its length does not depend on member.size, so it can be written again when the size is
// known. InvalidArgument unless the member is a regular file that is not sparse.
absl::StatusOr<std::string> EncodePatchableTarHeader(const Member& member);

struct TarHeader {
  Member member;
  uint64_t header_bytes = 0;   // up to the first byte of content
  uint64_t content_bytes = 0;  // stored content that follows, without padding
};

// Parses the header at the start of `stream`. DataLoss when it is not one, is cut off, or is not
// byte for byte what one of the two encoders gives for the member (unknown keywords included: this
// reads our own containers).
absl::StatusOr<TarHeader> ParseTarHeader(absl::Span<const char> stream);

}  // namespace ingot
