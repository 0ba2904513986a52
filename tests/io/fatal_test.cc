#include "io/fatal.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "io/fd.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

using testing::AllOf;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::KilledBySignal;
using testing::Not;

constexpr unsigned kSecondsMax = 20;  // then an end that does not come is one by SIGALRM

[[noreturn]] void FailWithStream(int fd) {
  alarm(kSecondsMax);
  SetUnfinishedStream(fd);
  ExitFailed("a \"ring\" died");
}

template <typename Exception>
[[noreturn]] void ThrowUncaught(const Exception& exception) noexcept {
  ExitWhenOutOfMemory();
  [&exception] { throw exception; }();
  std::abort();
}

struct Ends {
  Ends() {
    int fds[2];
    EXPECT_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    reader = Fd(fds[0]);
    writer = Fd(fds[1]);
  }
  std::string ReadAll() const {
    std::string bytes(4096, '\0');
    const ssize_t size = read(reader.get(), bytes.data(), bytes.size());
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
  }
  Fd reader;
  Fd writer;
};

TEST(FatalDeathTest, TellsItAndSpoilsTheStream) {
  const Ends pipe;
  EXPECT_EXIT(FailWithStream(pipe.writer.get()), ExitedWithCode(1), "ingot: error: a ring died");
  EXPECT_EQ(pipe.ReadAll(), "\x28\xB5\x2F\xFD");
  ScratchDirectory scratch;
  const Fd file(open((scratch / "f").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  EXPECT_EXIT(FailWithStream(file.get()), ExitedWithCode(1), "ingot: error: a ring died");
  EXPECT_EQ(ReadFile(scratch / "f"), "\x28\xB5\x2F\xFD");
}

TEST(FatalDeathTest, AReaderThatTakesNothingHoldsUpNoEnd) {
  const Ends pipe;
  const std::string page(4096, 'x');
  while (write(pipe.writer.get(), page.data(), page.size()) > 0) {
  }
  ASSERT_EQ(fcntl(pipe.writer.get(), F_SETFL, 0), 0);  // blocking, as a program is handed it
  EXPECT_EXIT(FailWithStream(pipe.writer.get()), ExitedWithCode(1), "ingot: error: a ring died");
}

[[noreturn]] void FailInThreads() {
  alarm(kSecondsMax);
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&ready] {
      ++ready;
      while (ready < 8) {
      }
      ExitFailed("a ring died");
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::abort();
}

TEST(FatalDeathTest, SeveralThreadsTellOneLine) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EXIT(FailInThreads(), ExitedWithCode(1), "^ingot: error: a ring died\n$");
  }
}

TEST(FatalDeathTest, AnEventWhereThereAreEvents) {
  EXPECT_EXIT(
      {
        TellFatalAsJson();
        ExitFailed("a \"ring\" died");
      },
      ExitedWithCode(1), "\\{\"event\":\"error\",\"message\":\"a ring died\"\\}");
}

TEST(FatalDeathTest, WhatTheSystemRefusesIsAnErrorLikeOthers) {
  EXPECT_EXIT(ThrowUncaught(std::bad_alloc()), ExitedWithCode(1), "error: out of memory");
  EXPECT_EXIT(ThrowUncaught(std::system_error(EAGAIN, std::generic_category(), "thread")),
              ExitedWithCode(1), "error: thread: Resource temporarily unavailable");
  // As TBB tells it.
  EXPECT_EXIT(ThrowUncaught(std::runtime_error("pthread_create failed")), ExitedWithCode(1),
              "error: pthread_create failed");
}

TEST(FatalDeathTest, ABrokenInvariantAborts) {
  const auto is_told = AllOf(HasSubstr("terminate called after"), Not(HasSubstr("ingot: error")));
  EXPECT_EXIT(ThrowUncaught(std::bad_optional_access()), KilledBySignal(SIGABRT), is_told);
  EXPECT_EXIT(ThrowUncaught(std::out_of_range("at")), KilledBySignal(SIGABRT), is_told);
  EXPECT_EXIT(ThrowUncaught(7), KilledBySignal(SIGABRT), is_told);
}

}  // namespace
}  // namespace ingot::io
