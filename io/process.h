// Running another program whose standard output we read.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "io/fd.h"

namespace ingot::io {

struct ProcessOptions {
  std::vector<std::string> arguments;  // [0] is looked up in PATH
  // Added to or replacing our own environment, in the child only.
  std::vector<std::pair<std::string, std::string>> environment;
  // Secrets for the child: each becomes an unnamed 0600 memory file that only this child inherits;
  // "{secret:N}" in an argument or an environment value becomes its path, /proc/self/fd/M.
  std::vector<std::string> secret_files;
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

// Standard input is /dev/null; standard error is drained by a thread of its own and its tail kept.
// Not thread-safe.
class Process {
 public:
  // NotFound when the program does not exist, PermissionDenied when it cannot be run.
  static absl::StatusOr<Process> Start(const ProcessOptions& options);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();  // a child that still runs is killed (its process group, SIGTERM then SIGKILL)

  // 0 at the end of the output. Cancelled as soon as *Interruption* is requested (io/interruption.h).
  absl::StatusOr<size_t> ReadOutput(absl::Span<char> out);

  // Waits for the end. Output that was not read is drained first.
  absl::StatusOr<ProcessExit> Wait();

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Runs to the end and returns all that it wrote, capped. For short queries.
absl::StatusOr<std::pair<ProcessExit, std::string>> RunAndCapture(const ProcessOptions& options, size_t output_bytes_max);

}  // namespace ingot::io
