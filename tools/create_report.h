// What create and backup tell at their end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/create/create.h"
#include "core/finding.h"
#include "tools/exit_code.h"
#include "tools/report.h"

namespace ingot {

inline constexpr size_t kFindingsShown = 10;
inline constexpr FindingKind kFindingKinds[] = {
    FindingKind::kUnreadable, FindingKind::kVanished,   FindingKind::kChanged,
    FindingKind::kCut,        FindingKind::kZeroFilled, FindingKind::kMetadata,
    FindingKind::kIndexJob,   FindingKind::kSocket,     FindingKind::kOtherDevice};

// Serious kinds that are notes below some members: content that changes while a hot backup reads
// it.
struct Tolerance {
  std::vector<std::string> members;  // roots
  std::map<FindingKind, uint64_t> counts;
};

// The first findings one by one, then how many of each kind, and where all of them are. Findings
// that are notes (IsNote) are counted as notes. kIncomplete when some are serious, else kDone.
ExitCode ReportFindings(const Findings& findings, const Tolerance& tolerance, Report& report);

struct RunFacts {
  std::string output;
  double seconds = 0;
  std::string engine;
  std::string engine_fallback;  // why it is not what was wished for
  bool perf = false;            // also where the time went
};

// One line; event "summary". With `perf` a table too; event "perf".
void ReportSummary(const CreateSummary& summary, const RunFacts& facts, Report& report);

}  // namespace ingot
