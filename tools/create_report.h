// What create and backup tell at their end.
#pragma once

#include <string>

#include "core/create/create.h"
#include "core/finding.h"
#include "tools/exit_code.h"
#include "tools/report.h"

namespace ingot {

inline constexpr size_t kFindingsShown = 10;

// The first findings one by one, then how many of each kind, and where all of them are. Findings
// that are notes (IsNote) are counted as notes. kIncomplete when some are serious, else kDone.
ExitCode ReportFindings(const Findings& findings, Report& report);

struct RunFacts {
  std::string output;
  double seconds = 0;
  std::string engine;
  std::string engine_fallback;  // why it is not what was wished for
};

// One line; event "summary".
void ReportSummary(const CreateSummary& summary, const RunFacts& facts, Report& report);

}  // namespace ingot
