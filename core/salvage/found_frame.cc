#include "core/salvage/found_frame.h"

#include <utility>

#include "core/salvage/frame_members.h"
#include "io/status.h"

namespace ingot {

absl::StatusOr<FoundFrame> UnderstandFrame(uint64_t offset, const FrameLabel& label, bool labelled,
                                           const FrameScratch& scratch, MemberStore* members) {
  const bool trusted = labelled || label.continues;
  FrameMembers parsed = ReadFrameMembers(trusted ? &label : nullptr, scratch.content);
  FoundFrame found;
  found.offset = offset;
  found.end = offset + label.stored_bytes;
  found.label = label;
  found.labelled = labelled;
  found.checksum = FrameChecksum(absl::MakeConstSpan(scratch.stored.data(), label.stored_bytes));
  found.unparsed_bytes = static_cast<uint32_t>(label.content_bytes - parsed.parsed_bytes);
  found.head = std::move(parsed.head);
  found.head_bytes = parsed.head_bytes;
  for (const IndexEntry& entry : parsed.whole) {
    // Ordinary frames ascend; of others the outermost paths.
    if (found.first_path.empty() || ComparePaths(entry.path, found.first_path) < 0) {
      found.first_path = entry.path;
    }
    if (ComparePaths(entry.path, found.last_path) > 0) found.last_path = entry.path;
  }
  if (found.head.has_value()) {
    const std::string& path = found.head->path;
    if (found.first_path.empty() || ComparePaths(path, found.first_path) < 0) {
      found.first_path = path;
    }
    if (ComparePaths(path, found.last_path) > 0) found.last_path = path;
  }
  for (std::string* path : {&found.first_path, &found.last_path}) {
    *path = path->substr(0, kPathKeyBytesMax);
  }
  INGOT_ASSIGN_OR_RETURN(found.members, members->Append(parsed.whole));
  return found;
}

absl::Status ReadFoundFrame(const io::ReadableFile& file, uint64_t offset, const FrameLabel& label,
                            FrameScratch* scratch) {
  if (scratch->stored.size() < label.stored_bytes) {
    scratch->stored = io::AlignedBuffer(label.stored_bytes);
  }
  const absl::Span<char> stored(scratch->stored.data(), label.stored_bytes);
  INGOT_RETURN_IF_ERROR(file.ReadAt(offset, stored));
  return UnpackFrame(stored, label, scratch);
}

}  // namespace ingot
