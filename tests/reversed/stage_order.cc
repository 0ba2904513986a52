// Content before database: what a backup must never do (tests/e2e/live_backup_test.cc).
#include "tools/backup/stage_order.h"

namespace ingot {

const std::array<StageKind, 3> kStageOrder = {StageKind::kIndex, StageKind::kContent,
                                              StageKind::kDatabase};

}  // namespace ingot
