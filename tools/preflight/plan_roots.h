// All trees that a plan takes, whatever their stage.
#pragma once

#include <vector>

#include "tools/backup/plan.h"

namespace ingot {

inline std::vector<TreeRoot> RootsOfPlan(const BackupPlan& plan) {
  std::vector<TreeRoot> roots(plan.index);
  roots.insert(roots.end(), plan.content.begin(), plan.content.end());
  return roots;
}

}  // namespace ingot
