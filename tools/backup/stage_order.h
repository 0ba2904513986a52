// The one order that is safe, as data.
#pragma once

#include <array>

#include "core/manifest.h"

namespace ingot {

// Search can catch up with a newer database, but not with an older one; a content file without a
// row is a harmless orphan, but a row without its file is content lost. In a file of its own, so
// that a test can be built with another order and see that it fails.
extern const std::array<StageKind, 3> kStageOrder;

}  // namespace ingot
