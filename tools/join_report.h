// What the join of dump and content came to, told to people and scripts.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "core/join/result.h"
#include "tools/exit_code.h"
#include "tools/report.h"

namespace ingot {

inline constexpr size_t kProblemLinesMax = 20;

// kContentMissing when content is missing, short or incomplete, else kDone. `expected`: the source
// is one whose rows should be known, so that a join that is not possible is a warning and not a
// note. `container` is where the whole list can be read.
ExitCode ReportJoin(const JoinResult& join, bool expected, absl::string_view container,
                    Report& report);

// One line: "proved: 200,000 content URLs, ..."; for a summary.
std::string JoinText(const JoinResult& join);

}  // namespace ingot
