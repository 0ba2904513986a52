#include "core/salvage/frame_members.h"

#include <utility>

#include "absl/status/statusor.h"
#include "core/container/sliced_member.h"
#include "core/format/index_columns.h"
#include "core/format/tar.h"

namespace ingot {
namespace {

// The last member goes on, says the label, but not its header: that of a stream whose end the
// backup did not live to see says 0 bytes.
void EndWithHead(const FrameLabel& label, FrameMembers* members) {
  if (members->whole.empty()) return;
  IndexEntry last = std::move(members->whole.back());
  members->whole.pop_back();
  if (last.stored_bytes == 0 && NamesMember(label, last.path, last.mtime)) {
    members->head = std::move(last);
  } else {
    members->parsed_bytes = last.frame_offset;
  }
}

}  // namespace

FrameMembers ReadFrameMembers(const FrameLabel* label, absl::Span<const char> content) {
  FrameMembers members;
  if (label != nullptr && label->continues) {
    members.parsed_bytes = content.size();
    return members;
  }
  while (members.parsed_bytes < content.size()) {
    const absl::Span<const char> rest = content.subspan(members.parsed_bytes);
    const absl::StatusOr<TarHeader> header = ParseTarHeader(rest);
    if (!header.ok() || !CheckExtents(header->member).ok()) break;
    IndexEntry entry = DeriveIndexEntry(header->member);
    entry.frame_offset = static_cast<uint32_t>(members.parsed_bytes);
    if (IndexEntryProblem(entry) != nullptr) break;
    const absl::Span<const char> behind = rest.subspan(header->header_bytes);
    if (header->content_bytes > behind.size()) {
      if (label != nullptr && (!label->continued || !NamesMember(*label, entry.path, entry.mtime)))
        break;
      members.head = std::move(entry);
      members.head_bytes = static_cast<uint32_t>(behind.size());
      members.parsed_bytes = content.size();
      break;
    }
    const uint64_t padded = header->content_bytes + TarPadding(header->content_bytes);
    if (padded > behind.size()) break;
    if (entry.type == MemberType::kRegular) {
      entry.digest = DigestOfMember(header->member, behind.first(header->content_bytes));
    }
    members.whole.push_back(std::move(entry));
    members.parsed_bytes += header->header_bytes + padded;
  }
  const bool ended = members.parsed_bytes == content.size() && !members.head.has_value();
  if (ended && label != nullptr && label->continued) EndWithHead(*label, &members);
  return members;
}

}  // namespace ingot
