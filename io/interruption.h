// SIGINT, SIGTERM and SIGHUP as a flag that long loops look at.
#pragma once

#include "absl/status/status.h"

namespace ingot::io {

// Installs handlers that set the flag; a second signal of the kind ends the process at once. A
// signal that is ignored already (nohup) stays so. System calls are not restarted, so that waits
// end.
void HandleInterruptions();
// Thread-safe, cheap.
bool Interrupted();
// Cancelled("interrupted") once the flag is set, else OK.
absl::Status CheckInterrupted();
// As if a signal had come; `false` clears it. For tests and embedding.
void SetInterrupted(bool interrupted);

}  // namespace ingot::io
