// How a run has to end, by the call that failed and the file that it failed on.
#pragma once

#include <vector>

#include "tests/faults/faulty.h"

namespace ingot {

enum class Says {
  kPathAndText,  // a line has the file's path, or that of the directory above what has no name, and
                 // the system's text
  kSomething,    // of a ring or a thread there is no path
};

// The first that fits counts.
struct Rule {
  const char* calls;    // words; "" for any
  const char* files;    // words, a "*" at the end for any rest; "" for any
  const char* effects;  // words; "" for any
  std::vector<int> exit_codes;
  Says says = Says::kPathAndText;
};

// REQUIRES: the last rule fits all.
const Rule& RuleOf(const std::vector<Rule>& rules, const Fault& fault);

// The exit code, and what standard error says of the fault. What is harmless or did not take place
// has to end with 0.
testing::AssertionResult EndsAsExpected(const std::vector<Rule>& rules, const Fault& fault,
                                        const FaultyRun& run);

}  // namespace ingot
