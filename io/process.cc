#include "io/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "io/clock.h"
#include "io/error_tail.h"
#include "io/group_guard.h"
#include "io/interruption.h"
#include "io/spawn.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr int kPipeBytes = 1 << 20;  // what an unprivileged process may have
constexpr int kInterruptionPollMilliseconds = 200;
constexpr absl::Duration kTerminateGrace = absl::Seconds(2);
constexpr absl::Duration kWaitStepMin = absl::Milliseconds(1);
constexpr absl::Duration kWaitStepMax = absl::Milliseconds(50);
constexpr size_t kDrainBytes = 64 << 10;
constexpr char kDefaultSearchPath[] = "/usr/bin:/bin";  // without PATH, as execvp(3) has it

// For a child's standard input: a pipe, or /dev/null without a writing end.
absl::StatusOr<Pipe> MakeInput(bool writable) {
  Pipe input;
  if (writable) {
    INGOT_ASSIGN_OR_RETURN(input, MakePipe());
    fcntl(input.write_end.get(), F_SETPIPE_SZ, kPipeBytes);
    if (fcntl(input.write_end.get(), F_SETFL, O_NONBLOCK) != 0)
      return ErrnoStatus(errno, "prepare", "a pipe");
  } else {
    INGOT_ASSIGN_OR_RETURN(input.read_end, OpenNull());
  }
  return input;
}

absl::StatusOr<Fd> MakeSecretFile(const std::string& secret) {
  Fd file(memfd_create("secret", MFD_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(errno, "make", "a memory file for a secret");
  // libpq refuses a password file that others may read; a memfd begins as 0777.
  if (fchmod(file.get(), 0600) != 0) return ErrnoStatus(errno, "chmod", "a memory file");
  size_t written = 0;
  while (written < secret.size()) {
    const ssize_t size = write(file.get(), secret.data() + written, secret.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return ErrnoStatus(errno, "write", "a memory file for a secret");
    written += static_cast<size_t>(size);
  }
  return AboveStandard(std::move(file));
}

using Replacements = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> ChildEnvironment(const ProcessOptions& options,
                                          const Replacements& secrets) {
  const auto dropped = [&options](absl::string_view name) {
    for (const auto& [replaced, value] : options.environment)
      if (replaced == name) return true;
    return std::any_of(options.unset_environment.begin(), options.unset_environment.end(),
                       [name](const std::string& unset) { return unset == name; });
  };
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text(*entry);
    if (!dropped(text.substr(0, text.find('=')))) environment.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment)
    environment.push_back(absl::StrCat(name, "=", absl::StrReplaceAll(value, secrets)));
  return environment;
}

std::string SearchPath(const ProcessOptions& options) {
  for (const auto& [name, value] : options.environment)
    if (name == "PATH") return value;
  const char* path = std::getenv("PATH");
  return path == nullptr ? kDefaultSearchPath : path;
}

absl::StatusOr<std::string> FindIn(const std::string& search_path, const std::string& program) {
  if (absl::StrContains(program, '/')) return program;
  bool found = false;
  for (const absl::string_view folder : absl::StrSplit(search_path, ':', absl::SkipEmpty())) {
    std::string candidate = absl::StrCat(folder, "/", program);
    struct stat info = {};
    if (stat(candidate.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    found = true;
  }
  if (found) return absl::PermissionDeniedError(absl::StrCat(program, " in PATH may not be run"));
  return absl::NotFoundError(absl::StrCat("there is no ", program, " in PATH"));
}

// Who ignores SIGCHLD (it is inherited) gets no exit codes of its children.
void KeepExitCodes() {
  struct sigaction action = {};
  if (sigaction(SIGCHLD, nullptr, &action) != 0 || action.sa_handler != SIG_IGN) return;
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, nullptr);
}

// What limits are measured by: not the time of day, which may be set while a child runs, and not
// going on while the machine is suspended, when no child does anything.
absl::Duration Uptime() { return absl::Nanoseconds(MonotonicNanoseconds()); }

absl::Duration NextStep(absl::Duration step) { return std::min(step * 2, kWaitStepMax); }

}  // namespace

struct Process::State {
  ~State() { Abandon(); }
  void Abandon() {
    // The input stays open until the child is gone: at its end it would go on, as if all were said.
    output = Fd();  // a program that waits for us to read gets EPIPE
    if (pid > 0 && !exit.has_value()) Terminate();
    pid = -1;
  }
  void Terminate();
  bool HasEnded() const;
  bool HasFailed() const;
  absl::Status CheckSilence(absl::Duration* since, absl::string_view what) const;
  int Reap(int* status);  // 0 or errno
  void DiscardOutput();   // what there is now

  std::string path;
  pid_t pid = -1;
  Fd input;   // non-blocking; only with write_input
  Fd output;  // non-blocking
  bool output_ended = false;
  absl::Duration silence_max;
  std::function<absl::Status()> on_silence;
  absl::Duration left_behind_max;
  std::unique_ptr<GroupGuard> guard;
  std::unique_ptr<ErrorTail> error_tail;
  std::optional<ProcessExit> exit;
};

// Without reaping: a zombie keeps its number, so its group can still be named.
bool Process::State::HasEnded() const {
  siginfo_t info = {};
  const int result = waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  return result != 0 ? errno != EINTR : info.si_pid != 0;
}

// REQUIRES: HasEnded.
bool Process::State::HasFailed() const {
  siginfo_t info = {};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0 && (info.si_code != CLD_EXITED || info.si_status != 0);
}

absl::Status Process::State::CheckSilence(absl::Duration* since, absl::string_view what) const {
  if (Uptime() - *since < silence_max) return absl::OkStatus();
  if (on_silence != nullptr) {
    const absl::Status status = on_silence();
    *since = Uptime();
    return status;
  }
  return absl::DeadlineExceededError(
      absl::StrCat(path, " ", what, " for ", absl::FormatDuration(silence_max)));
}

void Process::State::Terminate() {
  kill(-pid, SIGTERM);
  kill(-pid, SIGCONT);  // a stopped one does not notice
  const absl::Duration deadline = Uptime() + kTerminateGrace;
  absl::Duration step = kWaitStepMin;
  while (!HasEnded() && Uptime() < deadline) {
    absl::SleepFor(step);
    step = NextStep(step);
  }
  kill(-pid, SIGKILL);
  Reap(nullptr);
}

// REQUIRES: what is to end of the group was killed.
int Process::State::Reap(int* status) {
  // First: once the child is reaped its number may be another group's.
  guard = nullptr;
  while (waitpid(pid, status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

std::string ProcessExit::Describe() const {
  if (exited) return absl::StrCat("exit code ", code);
  const char* text = strsignal(signal);
  return absl::StrCat("killed by signal ", signal, " (", text == nullptr ? "?" : text, ")");
}

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;
Process::~Process() = default;

pid_t Process::pid() const { return state_->pid; }

absl::StatusOr<std::string> FindProgram(const std::string& program) {
  return FindIn(SearchPath({}), program);
}

absl::StatusOr<Process> Process::Start(const ProcessOptions& options) {
  INGOT_CHECK(!options.arguments.empty());
  KeepExitCodes();
  SpawnPlan plan;
  INGOT_ASSIGN_OR_RETURN(plan.path, FindIn(SearchPath(options), options.arguments[0]));
  std::vector<Fd> secret_files;
  Replacements secrets;
  for (const std::string& secret : options.secret_files) {
    INGOT_ASSIGN_OR_RETURN(Fd file, MakeSecretFile(secret));
    secrets.emplace_back(absl::StrCat("{secret:", secret_files.size(), "}"),
                         absl::StrCat("/proc/self/fd/", file.get()));
    plan.inherited.push_back(file.get());
    secret_files.push_back(std::move(file));
  }
  for (const std::string& argument : options.arguments)
    plan.arguments.push_back(absl::StrReplaceAll(argument, secrets));
  plan.environment = ChildEnvironment(options, secrets);

  INGOT_ASSIGN_OR_RETURN(Pipe input, MakeInput(options.write_input));
  INGOT_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  INGOT_ASSIGN_OR_RETURN(Pipe error, MakePipe());
  fcntl(output.write_end.get(), F_SETPIPE_SZ, kPipeBytes);  // or it stays at 64 KiB: slower only
  if (fcntl(output.read_end.get(), F_SETFL, O_NONBLOCK) != 0)
    return ErrnoStatus(errno, "prepare", "a pipe");
  plan.input = input.read_end.get();
  plan.output = output.write_end.get();
  plan.error = error.write_end.get();

  auto state = std::make_unique<State>();
  INGOT_ASSIGN_OR_RETURN(state->error_tail,
                         ErrorTail::Start(std::move(error.read_end), kErrorTailBytes));
  // Where there is no shell, the kernel's help has to do.
  if (absl::StatusOr<std::unique_ptr<GroupGuard>> guard = GroupGuard::Start(); guard.ok()) {
    state->guard = *std::move(guard);
    plan.group_told_to = state->guard->group_fd();
  }
  INGOT_ASSIGN_OR_RETURN(state->pid, Spawn(plan));
  state->path = plan.path;
  state->silence_max = options.silence_max;
  state->on_silence = options.on_silence;
  state->left_behind_max = options.left_behind_max;
  state->input = std::move(input.write_end);
  state->output = std::move(output.read_end);
  return Process(std::move(state));
}

absl::StatusOr<size_t> Process::ReadOutput(absl::Span<char> out) {
  INGOT_CHECK(!out.empty());
  absl::Duration begin = Uptime();
  absl::Duration ended = absl::InfiniteDuration();
  while (!state_->output_ended) {
    INGOT_RETURN_IF_ERROR(CheckInterrupted());
    const ssize_t size = read(state_->output.get(), out.data(), out.size());
    if (size > 0) return static_cast<size_t>(size);
    if (size == 0) {
      state_->output_ended = true;
    } else if (errno == EAGAIN) {
      pollfd fd = {state_->output.get(), POLLIN, 0};
      const int ready = poll(&fd, 1, kInterruptionPollMilliseconds);
      if (ready < 0 && errno != EINTR)
        return ErrnoStatus(errno, "wait for the output of", state_->path);
      if (ready != 0) continue;
      INGOT_RETURN_IF_ERROR(state_->CheckSilence(&begin, "wrote nothing"));
      if (state_->HasEnded()) ended = std::min(ended, Uptime());
      if (Uptime() - ended >= state_->left_behind_max) {
        return absl::FailedPreconditionError(absl::StrCat(
            state_->path,
            " has ended, but a process that it left behind holds its output open and is silent"));
      }
    } else if (errno != EINTR) {
      return ErrnoStatus(errno, "read the output of", state_->path);
    }
  }
  return 0;
}

void Process::State::DiscardOutput() {
  char discarded[kDrainBytes];
  while (!output_ended) {
    const ssize_t size = read(output.get(), discarded, sizeof(discarded));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    output_ended = size <= 0;
  }
}

absl::StatusOr<bool> Process::WriteInput(absl::Span<const char> bytes) {
  INGOT_CHECK(state_->input.valid());
  absl::Duration begin = Uptime();
  while (!bytes.empty()) {
    INGOT_RETURN_IF_ERROR(CheckInterrupted());
    const ssize_t size = write(state_->input.get(), bytes.data(), bytes.size());
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
      begin = Uptime();
    } else if (errno == EPIPE) {
      return false;
    } else if (errno == EAGAIN) {
      pollfd fds[] = {{state_->input.get(), POLLOUT, 0},
                      {state_->output_ended ? -1 : state_->output.get(), POLLIN, 0}};
      if (poll(fds, 2, kInterruptionPollMilliseconds) < 0 && errno != EINTR)
        return ErrnoStatus(errno, "wait for", state_->path);
      if (fds[1].revents != 0) state_->DiscardOutput();
      INGOT_RETURN_IF_ERROR(state_->CheckSilence(&begin, "took none of its input"));
    } else if (errno != EINTR) {
      return ErrnoStatus(errno, "write to", state_->path);
    }
  }
  return true;
}

void Process::CloseInput() { state_->input = Fd(); }

absl::StatusOr<ProcessExit> Process::Wait() {
  if (state_->exit.has_value()) return *state_->exit;
  CloseInput();
  std::string drain(state_->output_ended ? 0 : kDrainBytes, '\0');
  while (!state_->output_ended) INGOT_RETURN_IF_ERROR(ReadOutput(absl::MakeSpan(drain)).status());
  absl::Duration begin = Uptime();
  absl::Duration step = kWaitStepMin;
  while (!state_->HasEnded()) {
    INGOT_RETURN_IF_ERROR(CheckInterrupted());
    INGOT_RETURN_IF_ERROR(state_->CheckSilence(&begin, "has closed its output and not ended"));
    absl::SleepFor(step);
    step = NextStep(step);
  }
  if (state_->HasFailed()) kill(-state_->pid, SIGKILL);
  int status = 0;
  if (const int error_number = state_->Reap(&status); error_number != 0) {
    state_->pid = -1;  // ours no longer: somebody else reaped it
    return ErrnoStatus(error_number, "wait for", state_->path);
  }
  ProcessExit exit;
  exit.exited = WIFEXITED(status);
  if (WIFEXITED(status)) exit.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) exit.signal = WTERMSIG(status);
  exit.error_tail = state_->error_tail->Stop();
  state_->exit = exit;
  return exit;
}

std::string Process::Kill() {
  state_->Abandon();
  return state_->error_tail->Stop();
}

absl::StatusOr<std::pair<ProcessExit, std::string>> RunAndCapture(const ProcessOptions& options,
                                                                  size_t output_bytes_max) {
  INGOT_ASSIGN_OR_RETURN(Process process, Process::Start(options));
  std::string output;
  std::string buffer(kDrainBytes, '\0');
  while (true) {
    INGOT_ASSIGN_OR_RETURN(const size_t size, process.ReadOutput(absl::MakeSpan(buffer)));
    if (size == 0) break;
    if (output.size() + size > output_bytes_max)
      return absl::OutOfRangeError(
          absl::StrCat(options.arguments[0], " wrote more than ", output_bytes_max, " bytes"));
    output.append(buffer, 0, size);
  }
  INGOT_ASSIGN_OR_RETURN(ProcessExit exit, process.Wait());
  return std::make_pair(std::move(exit), std::move(output));
}

}  // namespace ingot::io
