// A stream that has become frames of the container in the making, read again from there.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "core/create/create.h"
#include "core/format/seek_table.h"
#include "io/output.h"

namespace ingot {

// Where AddUnsizedStream put its bytes.
struct StreamPlace {
  uint64_t first_frame = 0;  // that holds content: the header's is before it
  uint64_t offset = 0;       // of that frame in the file
  uint64_t bytes = 0;        // of the stream
};

// `seek_entries`: of the whole container so far, frames and labels by turns. Both must outlive the
// source; nothing may be written meanwhile. REQUIRES: output->CanPatch().
std::unique_ptr<StreamSource> ReadBack(const StreamPlace& place,
                                       absl::Span<const SeekEntry> seek_entries,
                                       io::Output* output);

}  // namespace ingot
