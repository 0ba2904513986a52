// The join from a container alone: no source, no database.
#pragma once

#include "absl/status/statusor.h"
#include "core/container/container.h"
#include "core/join/join.h"
#include "core/join/result.h"
#include "core/manifest.h"

namespace ingot {

// The container's dump, which the manifest names. DataLoss when the container has no such member.
// The container must outlive what is returned.
absl::StatusOr<ReadDump> DumpOfContainer(const Container& container, const Manifest& manifest);

// DataLoss where the container is damaged; a join that is not possible is a result, not an error.
absl::StatusOr<JoinResult> JoinContainer(const Container& container, const Manifest& manifest);

}  // namespace ingot
