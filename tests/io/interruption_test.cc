#include "io/interruption.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/testing.h"

namespace ingot::io {
namespace {

// Runs `body` in a forked child; its exit code, or 128 + signal.
template <typename Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(body());
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Interruption, SetAndCleared) {
  EXPECT_OK(CheckInterrupted());
  SetInterrupted(true);
  EXPECT_TRUE(Interrupted());
  EXPECT_EQ(CheckInterrupted().code(), absl::StatusCode::kCancelled);
  SetInterrupted(false);
  EXPECT_FALSE(Interrupted());
  EXPECT_OK(CheckInterrupted());
}

TEST(Interruption, FirstSignalSetsTheFlagSecondEnds) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EQ(InChild([signal] {
                std::signal(signal, SIG_DFL);
                HandleInterruptions();
                if (Interrupted()) return 1;
                raise(signal);
                return Interrupted() ? 0 : 2;
              }),
              0);
    EXPECT_EQ(InChild([signal] {
                std::signal(signal, SIG_DFL);
                HandleInterruptions();
                raise(signal);
                raise(signal);
                return 0;
              }),
              128 + signal);
  }
}

TEST(Interruption, IgnoredSignalStaysIgnored) {
  EXPECT_EQ(InChild([] {
              std::signal(SIGHUP, SIG_IGN);
              HandleInterruptions();
              raise(SIGHUP);
              raise(SIGHUP);
              return Interrupted() ? 1 : 0;
            }),
            0);
}

TEST(Interruption, ABlockingReadEnds) {
  EXPECT_EQ(InChild([] {
              int ends[2];
              if (pipe(ends) != 0) return 1;
              std::signal(SIGINT, SIG_DFL);
              HandleInterruptions();
              const pid_t self = getpid();
              if (fork() == 0) {
                usleep(100'000);
                kill(self, SIGINT);
                _exit(0);
              }
              char byte;
              if (read(ends[0], &byte, 1) != -1 || errno != EINTR) return 2;
              return Interrupted() ? 0 : 3;
            }),
            0);
}

}  // namespace
}  // namespace ingot::io
