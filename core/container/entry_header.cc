#include "core/container/entry_header.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "core/container/sliced_member.h"
#include "io/status.h"

namespace ingot {
namespace {

// What the index says of a member whose header holds nothing else.
Member MemberOf(const IndexEntry& entry) {
  Member member;
  member.path = entry.path;
  member.type = entry.type;
  member.mode = entry.mode;
  member.uid = entry.uid;
  member.gid = entry.gid;
  member.user_name = entry.user_name;
  member.group_name = entry.group_name;
  member.mtime = entry.mtime;
  member.size = entry.size;
  member.link_target = entry.link_target;
  member.device_major = entry.device_major;
  member.device_minor = entry.device_minor;
  return member;
}

// One member has one encoding (the patchable one apart), so what equals the encoding of the entry's
// member needs no parsing.
std::optional<TarHeader> ReadExpected(const IndexEntry& entry, absl::Span<const char> stream) {
  if (entry.has_xattrs || entry.sparse) return std::nullopt;
  TarHeader header;
  header.member = MemberOf(entry);
  // Used again: malloc takes its slow way for so many bytes.
  thread_local std::string expected;
  expected.clear();
  if (!AppendTarHeader(header.member, &expected).ok()) return std::nullopt;
  if (!absl::StartsWith(absl::string_view(stream.data(), stream.size()), expected)) {
    return std::nullopt;
  }
  header.header_bytes = expected.size();
  header.content_bytes = entry.stored_bytes;
  return header;
}

}  // namespace

absl::StatusOr<TarHeader> ReadEntryHeader(const IndexEntry& entry, absl::Span<const char> stream) {
  if (std::optional<TarHeader> header = ReadExpected(entry, stream); header.has_value()) {
    return *std::move(header);
  }
  INGOT_ASSIGN_OR_RETURN(TarHeader header, ParseTarHeader(stream));
  INGOT_RETURN_IF_ERROR(CheckHeader(header, entry));
  return header;
}

}  // namespace ingot
