// The exit codes that scripts depend on.
#pragma once

#include "absl/status/status.h"

namespace ingot {

enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,  // nothing published
  kUsage = 2,
  kIncomplete = 3,      // published, but some source files could not be read or changed meanwhile
  kDamaged = 4,         // the file is damaged or not ours
  kDumpFailed = 5,      // nothing published
  kContentMissing = 6,  // published or checked, but content that the database refers to is missing
  kTryLater = 75,       // an index job's window, or another run holds the lock
  kInterrupted = 130,   // nothing published
};

// InvalidArgument 2, DataLoss 4, Aborted 5, Unavailable 75, Cancelled 130, OK 0, all others 1.
ExitCode ExitCodeOf(const absl::Status& status);

// The table of codes for `ingot --help`.
extern const char kExitCodeHelp[];

}  // namespace ingot
