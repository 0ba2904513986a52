// A whole frame, wherever in the file it was found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/container/container.h"
#include "core/format/frame.h"
#include "core/format/index.h"
#include "core/salvage/member_store.h"
#include "io/readable_file.h"

namespace ingot {

struct FoundFrame {
  uint64_t offset = 0;  // in the file
  uint64_t end = 0;     // behind its label, or as much of that as is whole
  FrameLabel label;     // made anew where it was lost
  uint32_t checksum = 0;
  bool labelled = true;

  MemberPlace members;  // that lie in it as a whole
  // The member that begins in it and goes on in slices, as the header says it, and how much of it
  // is here.
  std::optional<IndexEntry> head;
  uint32_t head_bytes = 0;
  uint32_t unparsed_bytes = 0;  // of its content, that hold no member
  // Of the members, `head` included: the first kPathKeyBytesMax bytes.
  std::string first_path;
  std::string last_path;

  bool holds_members() const { return members.runs > 0 || head.has_value(); }
};

// Paths are put in order by so much of them; what is equal in it is taken for overlapping.
inline constexpr size_t kPathKeyBytesMax = 256;

// How a frame begins: RFC 8878.
inline constexpr char kFrameMagic[] = {'\x28', '\xb5', '\x2f', '\xfd'};

// What is in a frame that was unpacked into `scratch`; its whole members go into the store.
absl::StatusOr<FoundFrame> UnderstandFrame(uint64_t offset, const FrameLabel& label, bool labelled,
                                           const FrameScratch& scratch, MemberStore* members);

// Reads it, checks it against its label and decompresses it.
absl::Status ReadFoundFrame(const io::ReadableFile& file, uint64_t offset, const FrameLabel& label,
                            FrameScratch* scratch);

}  // namespace ingot
