// One member out of a container.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/container/container.h"

namespace ingot {

// The whole logical content of a member, in pieces and in order, holes as zeros; its digest is checked at the end
// (DataLoss: what was given before cannot be trusted). A hard link gives its carrier's content;
// FailedPrecondition for other types.
absl::Status ReadMember(const Container& container, const IndexEntry& entry,
                        absl::FunctionRef<absl::Status(absl::Span<const char>)> sink);

// The content of a small member as a whole; DataLoss when it is longer than `bytes_max`.
absl::StatusOr<std::string> ReadSmallMember(const Container& container, const IndexEntry& entry,
                                            uint64_t bytes_max);

}  // namespace ingot
