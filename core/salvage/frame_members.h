// The tar members in a frame's content, read without an index.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "core/format/frame.h"
#include "core/format/index.h"

namespace ingot {

struct FrameMembers {
  // Whole ones, in order, as an index would have them: frame 0, with digests, without source facts.
  std::vector<IndexEntry> whole;
  // The last one, whose content goes on in slices, without its digest, and how much of it is here.
  std::optional<IndexEntry> head;
  uint32_t head_bytes = 0;
  // Of the content, from its beginning, that was understood. Less than all: what follows is no
  // member that ingot writes.
  uint64_t parsed_bytes = 0;
};

// `label`: tells whether the content begins and ends with a slice; a slice alone holds no members.
// Null when it is lost: then the content is taken to begin with a header.
FrameMembers ReadFrameMembers(const FrameLabel* label, absl::Span<const char> content);

}  // namespace ingot
