// A look into the trees that are to be taken, of bounded length.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/create/create.h"

namespace ingot {

struct SampleLimits {
  uint64_t entries_max = 20'000;                      // of all roots together
  absl::Duration time_max = absl::Milliseconds(500);  // a cold network file system is slow
};

struct SourceSample {
  static constexpr size_t kNamesMax = 3;

  bool complete = false;  // the trees were walked to their ends
  uint64_t entries = 0;
  uint64_t bytes = 0;       // allocated and within the size, of the regular files met
  uint64_t unreadable = 0;  // met, and this process may not read them
  std::vector<std::string> unreadable_names;  // the first of them
};

// Looks at names and their attributes, opens directories and no files. Each root gets its share of
// the limits, what one does not use goes to the next. What vanishes meanwhile does not count.
SourceSample SampleSources(absl::Span<const TreeRoot> roots, const SampleLimits& limits);

}  // namespace ingot
