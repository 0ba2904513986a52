// One member out of a container.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/container/container.h"
#include "core/member.h"

namespace ingot {

// The whole logical content of a member, in pieces and in order, holes as zeros; its digest is
// checked at the end (DataLoss: what was given before cannot be trusted). A hard link gives its
// carrier's content; FailedPrecondition for other types.
absl::Status ReadMember(const Container& container, const IndexEntry& entry,
                        absl::FunctionRef<absl::Status(absl::Span<const char>)> sink);

// The same without the holes: pieces of data, each with its place in the logical content; `begin`
// is called before them. REQUIRES: a regular member.
absl::Status ReadMemberData(
    const Container& container, const IndexEntry& entry,
    absl::FunctionRef<absl::Status(const Member&)> begin,
    absl::FunctionRef<absl::Status(uint64_t logical_offset, absl::Span<const char>)> data);

// The content of a small member as a whole; DataLoss when it is longer than `bytes_max`.
absl::StatusOr<std::string> ReadSmallMember(const Container& container, const IndexEntry& entry,
                                            uint64_t bytes_max);

}  // namespace ingot
