// The seek table of the zstd seekable format, the last bytes of a container. FORMAT.md, "Seek
// table".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace ingot {

struct SeekEntry {
  uint32_t stored_bytes = 0;
  uint32_t content_bytes = 0;  // 0 for skippable frames
  uint32_t checksum = 0;       // low 32 bits of XXH64 of the content; 0 for skippable frames
  bool operator==(const SeekEntry&) const = default;
};

inline constexpr uint64_t kSeekTableFooterBytes = 9;
inline constexpr uint64_t kSeekEntriesMax = 0x8000000;  // the seekable format's own limit

// REQUIRES: at most kSeekEntriesMax entries.
std::string EncodeSeekTable(absl::Span<const SeekEntry> entries);
// From the file's last kSeekTableFooterBytes bytes: the length of the whole table, its skippable
// header included. DataLoss when it is not a footer.
absl::StatusOr<uint64_t> SeekTableBytes(absl::Span<const char> footer);
// DataLoss unless it is a whole table whose entries a container can have. What they say is proved
// only by the frames that they point at.
absl::StatusOr<std::vector<SeekEntry>> ParseSeekTable(absl::Span<const char> table);

}  // namespace ingot
