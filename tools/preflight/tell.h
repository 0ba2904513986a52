// The preflight's findings for people and scripts.
#pragma once

#include "tools/exit_code.h"
#include "tools/preflight/result.h"
#include "tools/report.h"

namespace ingot {

enum class PreflightUse { kBeforeBackup, kCheckOnly };

// One line for each, errors last; notes with kCheckOnly alone: "ingot: warning: [subject] text;
// remedy"; with --json an event "check" {severity, subject, text, remedy}. With kCheckOnly a last
// line (event "checked") says how many there are and whether a backup would start. The verdict's
// exit code, kDone without one; the verdict itself has been told then.
ExitCode TellPreflight(const PreflightResult& result, PreflightUse use, Report& report);

}  // namespace ingot
