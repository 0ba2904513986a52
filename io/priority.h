// How this process stands beside others that want the processor and the disk.
#pragma once

#include "absl/status/status.h"

namespace ingot::io {

inline constexpr int kNicest = 19;

// Lowest in line, for good: nice 19, and best-effort class, level 7, for the disk, or the idle
// class where we have that already. Holds for the calling thread, the threads that it starts later
// and the programs that these run.
//
// Not the idle class: where a scheduler honours it, a disk that is never idle would hold a backup
// up without end, while what is being backed up goes on changing.
absl::Status YieldToOthers();

}  // namespace ingot::io
