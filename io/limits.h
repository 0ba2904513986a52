// What this process may use of the machine.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace ingot::io {

// Raises the soft limit of open files to the hard one and returns what holds now.
uint64_t RaiseOpenFilesLimit();

// Processors that this process may run on: by its affinity, and by the cpu.max of its control group
// and of those above. At least 1.
int UsableProcessors();

// The processors that the content of a cpu.max file ("max 100000", "150000 100000") allows, rounded
// up; nothing when it sets no limit.
std::optional<int> ParseCpuMax(absl::string_view text);

}  // namespace ingot::io
