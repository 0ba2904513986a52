// pax records "<length> <keyword>=<value>\n" and the forms of their values. FORMAT.md, "Members".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/file_stat.h"

namespace ingot {

namespace pax {
inline constexpr char kHeaderCharset[] = "hdrcharset";
inline constexpr char kBinary[] = "BINARY";
inline constexpr char kPath[] = "path";
inline constexpr char kLinkPath[] = "linkpath";
inline constexpr char kSize[] = "size";
inline constexpr char kMtime[] = "mtime";
inline constexpr char kUid[] = "uid";
inline constexpr char kGid[] = "gid";
inline constexpr char kUserName[] = "uname";
inline constexpr char kGroupName[] = "gname";
inline constexpr char kSparseMajor[] = "GNU.sparse.major";
inline constexpr char kSparseMinor[] = "GNU.sparse.minor";
inline constexpr char kSparseName[] = "GNU.sparse.name";
inline constexpr char kSparseRealSize[] = "GNU.sparse.realsize";
inline constexpr char kAclAccess[] = "SCHILY.acl.access";
inline constexpr char kAclDefault[] = "SCHILY.acl.default";
inline constexpr char kXattrPrefix[] = "SCHILY.xattr.";
}  // namespace pax

struct PaxRecord {
  absl::string_view keyword;
  absl::string_view value;
};

void AppendPaxRecord(absl::string_view keyword, absl::string_view value, std::string* out);
// The records point into `data`. DataLoss unless they fill it exactly.
absl::StatusOr<std::vector<PaxRecord>> ParsePaxRecords(absl::string_view data);

// Decimal digits alone, leading zeros allowed; nothing on overflow.
std::optional<uint64_t> ParseDecimal(absl::string_view digits);

// "12", "-2.5" (two and a half seconds before the epoch), without trailing zeros.
std::string FormatPaxTime(io::Timestamp time);
std::optional<io::Timestamp> ParsePaxTime(absl::string_view text);

// A keyword cannot hold '=': "%3D", and so "%25" for '%', as GNU tar and libarchive have it.
std::string EscapeXattrName(absl::string_view name);
std::string UnescapeXattrName(absl::string_view escaped);

}  // namespace ingot
