#include "io/spawn.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "io/status.h"

namespace ingot::io {
namespace {

std::vector<char*> PointersOf(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The group's number and a newline.
void TellGroup(int fd) {
  char line[16];
  char* begin = line + sizeof(line);
  *--begin = '\n';
  for (pid_t rest = getpid(); rest > 0; rest /= 10) *--begin = static_cast<char>('0' + rest % 10);
  while (write(fd, begin, static_cast<size_t>(line + sizeof(line) - begin)) < 0 && errno == EINTR) {
  }
}

// Runs in the forked child of a process with threads: async-signal-safe calls only, no allocation.
[[noreturn]] void ExecChild(const SpawnPlan& plan, char* const* arguments, char* const* environment,
                            pid_t parent, int report_fd) {
  setsid();
  if (!plan.outlives_us) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it died before prctl: nobody wants this child
  }
  if (plan.group_told_to >= 0) TellGroup(plan.group_told_to);
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  bool ready = dup2(plan.input, 0) >= 0 && dup2(plan.output, 1) >= 0 && dup2(plan.error, 2) >= 0;
  for (const int fd : plan.inherited) ready = ready && fcntl(fd, F_SETFD, 0) == 0;
  if (ready) execve(plan.path.c_str(), arguments, environment);
  const int error_number = errno;
  if (write(report_fd, &error_number, sizeof(error_number)) < 0) _exit(126);
  _exit(127);
}

}  // namespace

absl::StatusOr<Fd> AboveStandard(Fd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  Fd copy(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!copy.valid()) return ErrnoStatus(errno, "duplicate", "a descriptor");
  return copy;
}

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "make", "a pipe");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  INGOT_ASSIGN_OR_RETURN(pipe.read_end, AboveStandard(std::move(pipe.read_end)));
  INGOT_ASSIGN_OR_RETURN(pipe.write_end, AboveStandard(std::move(pipe.write_end)));
  return pipe;
}

absl::StatusOr<Fd> OpenNull() {
  Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid()) return ErrnoStatus(errno, "open", "/dev/null");
  return AboveStandard(std::move(null));
}

absl::StatusOr<pid_t> Spawn(const SpawnPlan& plan) {
  // Nothing is written to the pipe when exec succeeds: it closes.
  INGOT_ASSIGN_OR_RETURN(Pipe report, MakePipe());
  const std::vector<char*> arguments = PointersOf(plan.arguments);
  const std::vector<char*> environment = PointersOf(plan.environment);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return ErrnoStatus(errno, "start", plan.path);
  if (child == 0)
    ExecChild(plan, arguments.data(), environment.data(), parent, report.write_end.get());
  report.write_end = Fd();
  int error_number = 0;
  ssize_t received;
  do {
    received = read(report.read_end.get(), &error_number, sizeof(error_number));
  } while (received < 0 && errno == EINTR);
  if (received == 0) return child;
  if (received < 0) {
    error_number = errno;
    kill(child, SIGKILL);  // it may be running for all we know
  } else if (received != sizeof(error_number)) {
    error_number = EIO;
  }
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return ErrnoStatus(error_number, "run", plan.path);
}

}  // namespace ingot::io
