// The order of a backup's stages, proved by where their members lie.
#pragma once

#include "absl/status/status.h"
#include "core/container/container.h"
#include "core/manifest.h"

namespace ingot {

// REQUIRES: CheckStageOrder was content. DataLoss unless each stage's frames hold its members and
// nothing else, and as many of them as it says.
absl::Status CheckStagePlaces(const Container& container, const Manifest& manifest);

}  // namespace ingot
