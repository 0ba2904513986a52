#include "tools/exit_code.h"

namespace ingot {

const char kExitCodeHelp[] =
    "Exit codes:\n"
    "    0  done\n"
    "    1  failed, nothing published; restore and salvage: not all was restored\n"
    "    2  usage\n"
    "    3  published, but some source files could not be read or changed while being read\n"
    "    4  the file is damaged or not ours\n"
    "    5  the database dump failed, nothing published\n"
    "    6  published or checked, but content that the database refers to is missing\n"
    "   75  try later: an index job's window, or another run holds the lock\n"
    "  130  interrupted, nothing published; restore and salvage: a part was restored\n";

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kDone;
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    case absl::StatusCode::kDataLoss:
      return ExitCode::kDamaged;
    case absl::StatusCode::kAborted:
      return ExitCode::kDumpFailed;
    case absl::StatusCode::kUnavailable:
      return ExitCode::kTryLater;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kFailed;
  }
}

}  // namespace ingot
