#include "tools/backup/stage_order.h"

namespace ingot {

const std::array<StageKind, 3> kStageOrder = {StageKind::kIndex, StageKind::kDatabase,
                                              StageKind::kContent};

}  // namespace ingot
