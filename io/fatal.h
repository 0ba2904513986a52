// Ends that no caller can handle: memory that is refused, a ring that died.
//
// The process ends at once with exit code 1 and one line, and runs no destructors: other threads go
// on using what those would free. An unnamed output file is gone with it, and children die with the
// thread that started them (io/process.h).
#pragma once

namespace ingot::io {

// Async-signal-safe, allocates nothing. Of `message` quotes and control characters are left out.
[[noreturn]] void ExitFailed(const char* message);

[[noreturn]] void ExitOutOfMemory();
// What it says, with what helps; "out of memory" until then. Must stay where it is.
void SetOutOfMemoryText(const char* text);

// From now on memory that operator new is refused ends the process so, and so does what the system
// refuses a library and nobody catches: std::system_error, and std::runtime_error, which TBB throws
// when it cannot start a thread. All other exceptions are broken invariants and abort.
void ExitWhenOutOfMemory();

// How the line is told: as an event of --json, or as text (the default).
void TellFatalAsJson();

// The stream on `fd` is not whole yet, so that a sudden end must spoil it (io/stream_output.h); -1:
// there is none.
void SetUnfinishedStream(int fd);

}  // namespace ingot::io
