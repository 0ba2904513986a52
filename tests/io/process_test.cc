#include "io/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "io/fd.h"
#include "io/interruption.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

using testing::HasSubstr;
using testing::Not;

ProcessOptions Bash(const std::string& command) {
  return ProcessOptions{{"bash", "-c", command}, {}, {}, {}};
}

// Output and end of a short program; a failure of Start or Wait fails the test.
std::pair<ProcessExit, std::string> Capture(const ProcessOptions& options) {
  absl::StatusOr<std::pair<ProcessExit, std::string>> result = RunAndCapture(options, 64 << 20);
  EXPECT_OK(result);
  return result.ok() ? *result : std::pair<ProcessExit, std::string>();
}

bool ProcessRuns(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/stat");
  if (access(path.c_str(), F_OK) != 0) return false;
  return !absl::StrContains(ReadFile(path), ") Z ");
}

// Soon enough for a machine that has much else to do.
bool HappensSoon(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

bool EndsSoon(pid_t pid) {
  return HappensSoon([pid] { return !ProcessRuns(pid); });
}

// A copy of this process in which `action` runs, killed at the end of the scope or of the test.
class Copy {
 public:
  explicit Copy(const std::function<void()>& action) : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    action();
    _exit(0);
  }
  ~Copy() { Kill(); }
  Copy(const Copy&) = delete;
  void Kill() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
  }

 private:
  pid_t pid_;
};

std::string ReadLine(Process& process) {
  std::string line;
  char byte = 0;
  while (true) {
    absl::StatusOr<size_t> size = process.ReadOutput(absl::Span<char>(&byte, 1));
    EXPECT_OK(size);
    if (!size.ok() || *size == 0 || byte == '\n') return line;
    line += byte;
  }
}

TEST(Process, OutputAndExitCode) {
  const auto [exit, output] = Capture(Bash("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(output, "out\n");
  EXPECT_TRUE(exit.exited);
  EXPECT_EQ(exit.code, 3);
  EXPECT_FALSE(exit.ok());
  EXPECT_EQ(exit.error_tail, "err\n");
  EXPECT_EQ(exit.Describe(), "exit code 3");
  EXPECT_TRUE(Capture(Bash("true")).first.ok());
}

TEST(Process, KilledBySignal) {
  const ProcessExit exit = Capture(Bash("kill -KILL $$")).first;
  EXPECT_FALSE(exit.exited);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_EQ(exit.Describe(), "killed by signal 9 (Killed)");
}

TEST(Process, MissingProgram) {
  const absl::Status missing = Process::Start({{"no-such-program-here"}, {}, {}, {}}).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("no-such-program-here"));
  EXPECT_EQ(Process::Start({{"/no/such/program"}, {}, {}, {}}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Process::Start({{"bash"}, {{"PATH", ""}}, {}, {}}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(Process, ProgramThatMayNotBeRun) {
  ScratchDirectory scratch;
  WriteFile(scratch / "tool", "#!/bin/sh\n");
  chmod((scratch / "tool").c_str(), 0644);
  EXPECT_EQ(Process::Start({{"tool"}, {{"PATH", scratch.path()}}, {}, {}}).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Process::Start({{scratch / "tool"}, {}, {}, {}}).status().code(),
            absl::StatusCode::kPermissionDenied);
  WriteFile(scratch / "tool", "not a program");
  chmod((scratch / "tool").c_str(), 0755);
  const absl::Status status = Process::Start({{scratch / "tool"}, {}, {}, {}}).status();
  EXPECT_THAT(status.message(), HasSubstr("Exec format error"));
}

TEST(Process, EmptyPathElementIsNotTheCurrentDirectory) {
  ScratchDirectory scratch;
  WriteFile(scratch / "bash", "#!/bin/sh\necho wrong\n");
  chmod((scratch / "bash").c_str(), 0755);
  char* old = getcwd(nullptr, 0);
  ASSERT_EQ(chdir(scratch.path().c_str()), 0);
  ProcessOptions options = Bash("echo right");
  options.environment = {{"PATH", ":/usr/bin:/bin"}};
  EXPECT_EQ(Capture(options).second, "right\n");
  ASSERT_EQ(chdir(old), 0);
  free(old);
}

TEST(Process, EnvironmentIsAddedReplacedAndLeftOut) {
  setenv("INGOT_TEST_KEPT", "kept", 1);
  setenv("INGOT_TEST_REPLACED", "old", 1);
  setenv("INGOT_TEST_DROPPED", "there", 1);
  ProcessOptions options = Bash(
      "echo $INGOT_TEST_KEPT,$INGOT_TEST_REPLACED,${INGOT_TEST_DROPPED-unset},$INGOT_TEST_NEW");
  options.environment = {{"INGOT_TEST_REPLACED", "new"}, {"INGOT_TEST_NEW", "a=b"}};
  options.unset_environment = {"INGOT_TEST_DROPPED"};
  EXPECT_EQ(Capture(options).second, "kept,new,unset,a=b\n");
  EXPECT_STREQ(getenv("INGOT_TEST_REPLACED"), "old");
}

TEST(Process, ChildStartsClean) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigset_t old;
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  const std::string status =
      Capture({{"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}, {}, {}, {}}).second;
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_EQ(Capture({{"readlink", "/proc/self/fd/0"}, {}, {}, {}}).second, "/dev/null\n");
  // Session and group of its own: fields 5 and 6 of stat are the child's pid.
  EXPECT_EQ(Capture(Bash("read -r pid comm state ppid group session rest < /proc/$$/stat; "
                         "[ $pid = $group ] && [ $pid = $session ] && echo leader"))
                .second,
            "leader\n");
}

TEST(Process, OurDescriptorsAreNotInherited) {
  // What was open before this test (of the shell that runs it) is inherited by both.
  const std::string before = Shell("ls /proc/self/fd").output;
  ProcessOptions options = Bash("sleep 100");
  options.secret_files = {"of the other one"};
  absl::StatusOr<Process> other = Process::Start(options);
  ASSERT_OK(other);
  EXPECT_EQ(Capture({{"ls", "/proc/self/fd"}, {}, {}, {}}).second, before);
}

TEST(Process, SecretFileReachesOnlyTheChild) {
  ProcessOptions options =
      Bash("cat $1; cat $SECRET_PATH; stat -L -c %a $1; echo $1 > /dev/stderr");
  options.arguments.push_back("bash");
  options.arguments.push_back("{secret:0}");
  options.environment = {{"SECRET_PATH", "{secret:1}"}};
  options.secret_files = {"first:secret\n", "second\n"};
  const auto [exit, output] = Capture(options);
  EXPECT_EQ(output, "first:secret\nsecond\n600\n");
  EXPECT_THAT(exit.error_tail, HasSubstr("/proc/self/fd/"));
  // Numbers that no secret has stay as they are.
  EXPECT_EQ(Capture({{"echo", "{secret:0}"}, {}, {}, {}}).second, "{secret:0}\n");
  // Afterwards no descriptor of ours is one.
  const ShellResult ours = Shell(absl::StrCat("ls -l /proc/", getpid(), "/fd"));
  EXPECT_THAT(ours.output, Not(HasSubstr("memfd")));
}

TEST(Process, LargeOutputArrivesWhole) {
  const auto [exit, output] = Capture(Bash("head -c 30000000 /dev/zero | tr '\\0' x; echo end"));
  EXPECT_TRUE(exit.ok());
  ASSERT_EQ(output.size(), 30'000'004u);
  EXPECT_EQ(output.find_first_not_of('x'), 30'000'000u);
}

TEST(Process, CaptureIsCapped) {
  absl::StatusOr<std::pair<ProcessExit, std::string>> result = RunAndCapture(Bash("yes"), 100'000);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kOutOfRange);
}

TEST(Process, FloodOfStandardErrorKeepsTheTail) {
  const auto [exit, output] = Capture(
      Bash("yes 'a line of noise that nobody wants' | head -c 104857600 >&2; echo last words >&2; "
           "echo done; exit 1"));
  EXPECT_EQ(output, "done\n");
  EXPECT_EQ(exit.code, 1);
  EXPECT_LE(exit.error_tail.size(), kErrorTailBytes);
  EXPECT_GT(exit.error_tail.size(), kErrorTailBytes / 2);
  EXPECT_TRUE(absl::EndsWith(exit.error_tail, "last words\n")) << exit.error_tail;
  EXPECT_TRUE(absl::StartsWith(exit.error_tail, "a line of noise")) << exit.error_tail;
}

TEST(Process, AProcessLeftBehindDoesNotHoldUsUp) {
  const absl::Time start = absl::Now();
  const ProcessExit exit = Capture(Bash("sleep 60 > /dev/null & echo $! >&2; exit 0")).first;
  EXPECT_TRUE(exit.ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  int left = 0;
  ASSERT_TRUE(absl::SimpleAtoi(exit.error_tail, &left)) << exit.error_tail;
  kill(left, SIGKILL);
}

// Nobody knows whether that would be the rest of what was wanted.
TEST(Process, AProcessLeftBehindWithTheOutputIsAnError) {
  ProcessOptions options = Bash("sleep 100 & echo $!; exit 0");
  options.left_behind_max = absl::Milliseconds(300);
  int left = 0;
  {
    absl::StatusOr<Process> process = Process::Start(options);
    ASSERT_OK(process);
    ASSERT_TRUE(absl::SimpleAtoi(ReadLine(*process), &left));
    const absl::Status status = process->Wait().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("left behind"));
    EXPECT_TRUE(ProcessRuns(left));
  }
  EXPECT_TRUE(EndsSoon(left));
}

TEST(Process, AProcessLeftBehindMayStillWrite) {
  ProcessOptions options = Bash("(sleep 1; echo more) & echo some");
  EXPECT_EQ(Capture(options).second, "some\nmore\n");
}

TEST(Process, WhatAFailedChildLeavesBehindIsKilled) {
  const auto [exit, output] = Capture(Bash("sleep 100 > /dev/null 2>&1 & echo $!; exit 3"));
  EXPECT_EQ(exit.code, 3);
  int left = 0;
  ASSERT_TRUE(absl::SimpleAtoi(output, &left));
  EXPECT_TRUE(EndsSoon(left));
}

TEST(Process, SilenceEndsReadingAndWaiting) {
  for (const char* command :
       {"echo said >&2; echo ready; sleep 100", "echo said >&2; echo ready; exec >&-; sleep 100"}) {
    ProcessOptions options = Bash(command);
    options.silence_max = absl::Seconds(3);
    absl::StatusOr<Process> process = Process::Start(options);
    ASSERT_OK(process);
    const pid_t pid = process->pid();
    ASSERT_EQ(ReadLine(*process), "ready");
    const absl::Status status = process->Wait().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_THAT(status.message(), HasSubstr("for 3s"));
    EXPECT_EQ(process->Kill(), "said\n");
    EXPECT_FALSE(ProcessRuns(pid));
  }
}

TEST(Process, WhoWritesNowAndThenIsNotSilent) {
  ProcessOptions options = Bash("for i in 1 2 3 4 5 6; do sleep 1; echo $i; done");
  options.silence_max = absl::Seconds(5);
  EXPECT_EQ(Capture(options).second, "1\n2\n3\n4\n5\n6\n");
}

TEST(Process, WaitDrainsWhatWasNotRead) {
  absl::StatusOr<Process> process = Process::Start(Bash("head -c 5000000 /dev/zero; exit 7"));
  ASSERT_OK(process);
  absl::StatusOr<ProcessExit> exit = process->Wait();
  ASSERT_OK(exit);
  EXPECT_EQ(exit->code, 7);
  EXPECT_EQ(process->Wait()->code, 7);
}

TEST(Process, DestructorEndsTheWholeGroup) {
  pid_t leader = 0;
  int worker = 0;
  int stubborn = 0;
  {
    absl::StatusOr<Process> process =
        Process::Start(Bash("sleep 100 & echo $!; bash -c 'trap \"\" TERM; echo $$; while :; do "
                            "sleep 0.1; done' & wait"));
    ASSERT_OK(process);
    leader = process->pid();
    ASSERT_TRUE(absl::SimpleAtoi(ReadLine(*process), &worker));
    ASSERT_TRUE(absl::SimpleAtoi(ReadLine(*process), &stubborn));
    EXPECT_TRUE(ProcessRuns(leader) && ProcessRuns(worker) && ProcessRuns(stubborn));
  }
  EXPECT_FALSE(ProcessRuns(leader));
  EXPECT_EQ(waitpid(leader, nullptr, WNOHANG), -1);  // reaped
  EXPECT_TRUE(EndsSoon(worker));
  EXPECT_TRUE(EndsSoon(stubborn));
}

TEST(Process, DestructorReapsNobodyElse) {
  const pid_t other = fork();
  if (other == 0) _exit(42);
  {
    absl::StatusOr<Process> process = Process::Start(Bash("sleep 100"));
    ASSERT_OK(process);
  }
  Capture(Bash("true"));
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(Process, InterruptionEndsReadingAndWaiting) {
  for (const char* command : {"sleep 100", "exec > /dev/null; sleep 100"}) {
    absl::StatusOr<Process> process = Process::Start(Bash(command));
    ASSERT_OK(process);
    std::thread interrupter([] {
      absl::SleepFor(absl::Milliseconds(100));
      SetInterrupted(true);
    });
    const absl::Time start = absl::Now();
    const absl::Status status = process->Wait().status();
    interrupter.join();
    SetInterrupted(false);
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  }
}

TEST(Process, IgnoredChildSignalStillGivesExitCodes) {
  signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(Capture(Bash("exit 5")).first.code, 5);
  signal(SIGCHLD, SIG_DFL);
}

// As after kill -9 of ingot: the program must not go on.
TEST(Process, ChildDiesWithUs) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd told(ends[0]);
  Fd teller(ends[1]);
  Copy parent([&teller] {
    absl::StatusOr<Process> process =
        Process::Start(Bash("trap '' TERM HUP; while :; do sleep 1; done"));
    const pid_t child = process.ok() ? process->pid() : -1;
    if (write(teller.get(), &child, sizeof(child)) > 0) pause();
  });
  teller = Fd();
  pid_t child = 0;
  ASSERT_EQ(read(told.get(), &child, sizeof(child)), static_cast<ssize_t>(sizeof(child)));
  ASSERT_GT(child, 0);
  EXPECT_TRUE(ProcessRuns(child));
  parent.Kill();
  EXPECT_TRUE(EndsSoon(child));
}

// The kernel ends the child alone; a pipeline that waits for something would hang for ever.
TEST(Process, WhatTheChildHasStartedDiesWithUs) {
  ScratchDirectory scratch;
  Copy parent([&scratch] {
    absl::StatusOr<Process> process = Process::Start(
        Bash("bash -c 'trap \"\" TERM HUP; echo $$; exec sleep 100' | (read -r pid; echo $pid > " +
             (scratch / "pid.new") + "; mv " + (scratch / "pid.new") + " " + (scratch / "pid") +
             "; sleep 100)"));
    pause();
  });
  ASSERT_TRUE(HappensSoon([&] { return access((scratch / "pid").c_str(), F_OK) == 0; }));
  int started = 0;
  ASSERT_TRUE(absl::SimpleAtoi(ReadFile(scratch / "pid"), &started));
  EXPECT_TRUE(ProcessRuns(started));
  parent.Kill();
  EXPECT_TRUE(EndsSoon(started));
}

// Its number may be somebody else's by the time that we are killed.
TEST(Process, NobodyWatchesOverAGroupThatWasKilled) {
  absl::StatusOr<Process> process = Process::Start(Bash("sleep 100"));
  ASSERT_OK(process);
  process->Kill();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child of ours is left";
}

TEST(Process, WorksWithStandardDescriptorsClosed) {
  const pid_t child = fork();
  if (child == 0) {
    close(0);
    close(1);
    close(2);
    ProcessOptions options = Bash("cat $1; echo out; echo err >&2");
    options.arguments.push_back("bash");
    options.arguments.push_back("{secret:0}");
    options.secret_files = {"s\n"};
    absl::StatusOr<std::pair<ProcessExit, std::string>> result = RunAndCapture(options, 1000);
    if (!result.ok()) _exit(1);
    if (result->second != "s\nout\n") _exit(2);
    _exit(result->first.error_tail == "err\n" ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Process, ManyLeaveNoDescriptorsBehind) {
  const auto count = [] {
    int descriptors = 0;
    DIR* directory = opendir("/proc/self/fd");
    while (readdir(directory) != nullptr) ++descriptors;
    closedir(directory);
    return descriptors;
  };
  const int before = count();
  for (int i = 0; i < 20; ++i) {
    Capture(Bash("echo x"));
    EXPECT_FALSE(Process::Start({{"no-such-program-here"}, {}, {}, {}}).ok());
    EXPECT_FALSE(Process::Start({{"/etc"}, {}, {}, {}}).ok());
  }
  EXPECT_EQ(count(), before);
}

class ProcessInput : public testing::Test {
 protected:
  ProcessInput() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~ProcessInput() override { std::signal(SIGPIPE, before_); }
  Process Start(const std::string& command) {
    ProcessOptions options = Bash(command);
    options.write_input = true;
    absl::StatusOr<Process> process = Process::Start(options);
    EXPECT_OK(process);
    return *std::move(process);
  }
  ScratchDirectory scratch_;

 private:
  void (*before_)(int);
};

TEST_F(ProcessInput, IsReadWhateverTheProgramWritesMeanwhile) {
  // More than both pipes hold: the program would wait for us, and we for it.
  Process process = Start("tee " + scratch_ / "file");
  std::string all;
  for (int i = 0; i < 40; ++i) {
    const std::string piece(200'001, static_cast<char>('a' + i % 26));
    const absl::StatusOr<bool> taken = process.WriteInput(piece);
    ASSERT_OK(taken);
    EXPECT_TRUE(*taken);
    all += piece;
  }
  const absl::StatusOr<ProcessExit> exit = process.Wait();
  ASSERT_OK(exit);
  EXPECT_TRUE(exit->ok());
  EXPECT_TRUE(ReadFile(scratch_ / "file") == all);
}

TEST_F(ProcessInput, AProgramThatStopsReadingTellsWhy) {
  Process process = Start("head -c 1000 >/dev/null; echo enough >&2; exit 3");
  absl::StatusOr<bool> taken = true;
  for (int i = 0; i < 1000 && taken.ok() && *taken; ++i) {
    taken = process.WriteInput(std::string(100'000, 'x'));
  }
  ASSERT_OK(taken);
  EXPECT_FALSE(*taken);
  const absl::StatusOr<ProcessExit> exit = process.Wait();
  ASSERT_OK(exit);
  EXPECT_EQ(exit->code, 3);
  EXPECT_EQ(exit->error_tail, "enough\n");
}

TEST_F(ProcessInput, AProgramThatIsGivenUpNeverSeesTheEndOfItsInput) {
  {
    Process process = Start("cat > /dev/null; touch " + scratch_ / "end");
    EXPECT_OK(process.WriteInput(std::string("begin")));
  }
  EXPECT_NE(access((scratch_ / "end").c_str(), F_OK), 0);
  Process process = Start("cat > /dev/null; touch " + scratch_ / "end");
  process.CloseInput();
  EXPECT_OK(process.Wait());
  EXPECT_EQ(access((scratch_ / "end").c_str(), F_OK), 0);
}

TEST_F(ProcessInput, AnInterruptionEndsTheWait) {
  Process process = Start("sleep 60");
  std::thread interrupter([] {
    absl::SleepFor(absl::Milliseconds(300));
    SetInterrupted(true);
  });
  const absl::StatusOr<bool> taken = process.WriteInput(std::string(8 << 20, 'x'));
  interrupter.join();
  SetInterrupted(false);
  EXPECT_TRUE(absl::IsCancelled(taken.status())) << taken.status();
}

}  // namespace
}  // namespace ingot::io
