// The real program while it runs: stopped at a chosen moment of its work.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/testing.h"

namespace ingot {

// A program with its arguments; it dies with the test.
class RunningCommand {
 public:
  // Standard output and error go into these files; an empty path is /dev/null.
  RunningCommand(const std::vector<std::string>& arguments, const std::string& directory,
                 const std::string& output, const std::string& error) {
    std::vector<char*> pointers;
    for (const std::string& argument : arguments)
      pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const bool ready =
        chdir(directory.c_str()) == 0 && Open("/dev/null", 0) && Open(output, 1) && Open(error, 2);
    if (ready) execv(pointers[0], pointers.data());
    _exit(127);
  }
  ~RunningCommand() {
    if (ended_) return;
    kill(pid_, SIGKILL);
    Wait();
  }
  RunningCommand(const RunningCommand&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const { kill(pid_, signal); }
  // Whether it has a handler for the signal by now.
  bool Catches(int signal) const {
    std::ifstream status(absl::StrCat("/proc/", pid_, "/status"));
    for (std::string line; std::getline(status, line);) {
      if (!absl::StartsWith(line, "SigCgt:")) continue;
      return (std::strtoull(line.c_str() + sizeof("SigCgt:"), nullptr, 16) >> (signal - 1) & 1) !=
             0;
    }
    return false;
  }
  bool HasEnded() const {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
  }

  // Until there is such a file; false when it has ended or hangs without one.
  bool AwaitFile(const std::string& path) const {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (access(path.c_str(), F_OK) != 0) {
      if (HasEnded() || absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return true;
  }

  // Returns when it has used that much processor time, or has ended; how much it was. Other than
  // the wall clock this is a measure of its progress whatever else the machine does.
  double AwaitProcessorSeconds(double seconds) const {
    clockid_t clock;
    double used = 0;
    if (clock_getcpuclockid(pid_, &clock) != 0) return used;
    while (!HasEnded()) {
      struct timespec now = {};
      if (clock_gettime(clock, &now) != 0) break;
      used = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
      if (used >= seconds) break;
      absl::SleepFor(absl::Microseconds(50));
    }
    return used;
  }

  // The exit code, or minus the signal.
  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static bool Open(const std::string& path, int as) {
    const int how = as == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
    const int fd = open(path.empty() ? "/dev/null" : path.c_str(), how, 0600);
    return fd >= 0 && dup2(fd, as) == as && (fd == as || close(fd) == 0);
  }

  pid_t pid_ = -1;
  bool ended_ = false;
};

// For the programs that are started meanwhile: a file system that cannot make a file without a
// name.
class WithoutUnnamedFiles {
 public:
  explicit WithoutUnnamedFiles(const char* library) {
    setenv("LD_PRELOAD", library, 1);
    const char* options = std::getenv("ASAN_OPTIONS");
    if (options != nullptr) asan_options_ = options;
    // AddressSanitizer wants to be loaded first.
    setenv("ASAN_OPTIONS", (asan_options_ + ":verify_asan_link_order=0").c_str(), 1);
  }
  ~WithoutUnnamedFiles() {
    unsetenv("LD_PRELOAD");
    setenv("ASAN_OPTIONS", asan_options_.c_str(), 1);
  }
  WithoutUnnamedFiles(const WithoutUnnamedFiles&) = delete;

 private:
  std::string asan_options_;
};

// Processes that have their working directory there or below; zombies have none.
inline std::vector<std::string> ProcessesIn(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string place = std::filesystem::read_symlink(entry.path() / "cwd", error);
    if (place == directory || absl::StartsWith(place, directory + "/")) found.push_back(pid);
  }
  return found;
}

// True when the last of them has ended in time.
inline bool AllEndIn(const std::string& directory, absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (!ProcessesIn(directory).empty()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

}  // namespace ingot
