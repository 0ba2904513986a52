// Where the time of a run went, as the index root keeps it. FORMAT.md, "Index".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/format/bytes.h"

namespace ingot {

enum class RunStage : uint8_t { kWalk = 0, kPlan, kFill, kPress, kWrite };
inline constexpr size_t kRunStages = 5;

// The threads of one stage together. Microseconds; what is neither of the three is idle.
struct StageTimes {
  uint64_t threads = 0;
  uint64_t busy = 0;
  uint64_t input_wait = 0;   // for the stage before it
  uint64_t output_wait = 0;  // for the stage behind it, or for memory
  uint64_t cpu = 0;  // of the busy time, on a processor: the rest waited for a disk, or others ran
  bool operator==(const StageTimes&) const = default;
};

struct RunTimes {
  uint64_t wall = 0;  // microseconds, from the first stage's start to the seal
  uint64_t processors = 0;
  std::vector<StageTimes> stages;  // by RunStage; empty: not known
  bool operator==(const RunTimes&) const = default;
};

absl::string_view RunStageName(RunStage stage);
void AppendRunTimes(const RunTimes& times, std::string* raw);
// Sets the reader's error when there are more stages than a reader of this version knows.
RunTimes ReadRunTimes(ByteReader* reader);

}  // namespace ingot
