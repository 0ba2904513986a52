// The options that create and backup share, and their check.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/create/create.h"
#include "tools/command.h"
#include "tools/progress.h"

namespace ingot {

inline constexpr uint64_t kMemoryBytesMin = uint64_t{32} << 20;
inline constexpr uint64_t kMemoryBytesMax = uint64_t{1} << 40;
inline constexpr uint64_t kFramesInMemoryMin = 8;  // fewer cannot keep the stages apart
inline constexpr int kLevelMin = 1;
inline constexpr int kLevelMax = 19;  // the levels beyond only widen windows past a frame
// zstd before 1.5.5 can corrupt a frame in its optimal parsers, which begin at 16.
inline constexpr int kLevelMaxOldZstd = 15;
inline constexpr unsigned kZstdSafeAtAllLevels = 10505;

struct CreateFlags {
  CreateOptions options;
  ProgressMode progress = ProgressMode::kAuto;
  bool perf = false;
};

void AddCreateFlags(CLI::App* verb, Invocation* invocation, CreateFlags* flags);

// InvalidArgument for options that do not go together, an output that exists without --force or is
// a directory, a missing directory for it, and standard output that is a terminal.
absl::Status CheckCreateFlags(const CreateFlags& flags);

}  // namespace ingot
