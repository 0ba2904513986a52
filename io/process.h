// Running another program whose standard output we read, or whose standard input we write.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "io/fd.h"

namespace ingot::io {

struct ProcessOptions {
  // [0] is looked up in PATH (of `environment`, else ours), where an empty element means nothing
  // rather than the current directory; a name with a slash is a path.
  std::vector<std::string> arguments;
  // Added to or replacing our own environment, in the child only.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> unset_environment;  // left out of the child's
  // Secrets for the child: each becomes an unnamed 0600 memory file that only this child inherits;
  // "{secret:N}" in an argument or an environment value becomes its path, /proc/self/fd/M.
  std::vector<std::string> secret_files;
  bool write_input = false;  // WriteInput will be used; else standard input is /dev/null
  // How long ReadOutput waits for output, WriteInput until some input is taken, and Wait for the
  // end after that of the output.
  absl::Duration silence_max = absl::InfiniteDuration();
  // Asked when that is over: OK waits as long again, an error is the call's. Null:
  // DeadlineExceeded.
  std::function<absl::Status()> on_silence;
  // What still holds the output of a child that has ended is a process that it left behind. If that
  // writes nothing for so long, nobody knows whether it ever will.
  absl::Duration left_behind_max = absl::Seconds(30);
};

struct ProcessExit {
  bool exited = false;  // false: ended by `signal`
  int code = 0;
  int signal = 0;
  std::string error_tail;  // the last lines of standard error, at most kErrorTailBytes
  bool ok() const { return exited && code == 0; }
  std::string Describe() const;  // "exit code 3", "killed by signal 9 (Killed)"
};

inline constexpr size_t kErrorTailBytes = 4096;

// A child in a session of its own (so it cannot ask at the terminal), signals as they are by
// default; standard error is drained by a thread and its tail kept. The kernel kills the child when
// the thread that called Start ends, so also when this process is killed, and a GroupGuard then
// kills what the child has started; what leaves the child's process group escapes both. Not
// thread-safe.
class Process {
 public:
  // NotFound when the program does not exist, PermissionDenied when it cannot be run.
  static absl::StatusOr<Process> Start(const ProcessOptions& options);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  // A child that still runs is killed (its process group, SIGTERM then SIGKILL), before it can see
  // the end of an input that was not closed.
  ~Process();

  // Blocks for some output; 0 at its end. Cancelled as soon as an interruption is requested
  // (io/interruption.h): within 200 ms. DeadlineExceeded after silence_max; FailedPrecondition when
  // the child has ended and somebody else holds its output open (left_behind_max).
  absl::StatusOr<size_t> ReadOutput(absl::Span<char> out);

  // Hands bytes to the child's standard input; what it writes to its standard output meanwhile is
  // thrown away, so that neither waits for the other. False: the child takes no more; Wait tells
  // why. Errors as ReadOutput. REQUIRES: write_input; SIGPIPE is ignored; CloseInput was not
  // called.
  absl::StatusOr<bool> WriteInput(absl::Span<const char> bytes);
  // The child sees the end of its input.
  void CloseInput();

  // Waits for the end. Input is closed and output that was not read is drained first. What is left
  // of the group of a child that failed is killed. Errors as ReadOutput; then, or when it failed,
  // destroy the process. Called again it returns the same.
  absl::StatusOr<ProcessExit> Wait();

  // As the destructor does; gives the last words on standard error.
  std::string Kill();

  pid_t pid() const;

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Runs to the end and returns all that it wrote to standard output; OutOfRange when that is more
// than output_bytes_max. For short queries.
absl::StatusOr<std::pair<ProcessExit, std::string>> RunAndCapture(const ProcessOptions& options,
                                                                  size_t output_bytes_max);

// The path that Start runs for `program` with our PATH: NotFound when there is none,
// PermissionDenied when there is only one that is not executable.
absl::StatusOr<std::string> FindProgram(const std::string& program);

}  // namespace ingot::io
