// The 512-byte ustar header block. FORMAT.md, "Members".
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ingot {

struct UstarBlock {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link_name[100];
  char magic[6];
  char version[2];
  char user_name[32];
  char group_name[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];  // never used: long names are pax records
  char padding[12];
};
static_assert(sizeof(UstarBlock) == 512);

// What the fields can say; more needs a pax record.
inline constexpr uint64_t kUstarIdMax = 07777777;
inline constexpr uint64_t kUstarSizeMax = 077777777777;  // 8 GiB - 1, and the year 2242 as a time
inline constexpr size_t kUstarNameBytesMax = sizeof(UstarBlock::name);
inline constexpr size_t kUstarOwnerBytesMax = sizeof(UstarBlock::user_name) - 1;

inline constexpr char kUstarPaxHeader = 'x';

// The fields as values. The texts belong to whoever made it.
struct UstarFields {
  absl::string_view name;  // cut to kUstarNameBytesMax when encoded
  uint32_t mode = 0;
  uint64_t uid = 0;
  uint64_t gid = 0;
  uint64_t size = 0;
  uint64_t mtime = 0;
  char type = '0';
  absl::string_view link_name;  // cut likewise
  absl::string_view user_name;
  absl::string_view group_name;
  uint64_t device_major = 0;
  uint64_t device_minor = 0;
};

// REQUIRES: every value fits its field.
std::string EncodeUstar(const UstarFields& fields);
void AppendUstar(const UstarFields& fields, std::string* out);
// `block`: 512 bytes. DataLoss unless magic, version, checksum and the form of every number are
// right. The texts are the block's.
absl::StatusOr<UstarFields> ParseUstar(absl::Span<const char> block);

}  // namespace ingot
