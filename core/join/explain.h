// What the dump tells of URLs whose content is not as it should be.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "core/join/join.h"
#include "core/join/result.h"

namespace ingot {

// The first kProblemsMax, by state as in ContentState, then by URL; with their files' sizes and as
// far as the dump has them their nodes. Reads the dump a few times. REQUIRES: all files were told
// to input.urls->table().
absl::StatusOr<std::vector<JoinProblem>> ExplainProblems(const JoinInput& input);

}  // namespace ingot
