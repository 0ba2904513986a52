// The tar header of a member, read and compared with its index entry.
#pragma once

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/format/index.h"
#include "core/format/tar.h"

namespace ingot {

// The header at the start of `stream`, which must say what the index entry says: ParseTarHeader and
// CheckHeader (sliced_member.h) in one, and at half the cost where the entry says all that is in
// the header. DataLoss like theirs.
absl::StatusOr<TarHeader> ReadEntryHeader(const IndexEntry& entry, absl::Span<const char> stream);

}  // namespace ingot
