// The WriteQueue of either engine.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "io/aligned_buffer.h"
#include "io/engine.h"
#include "io/fd.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

class WriteQueueTest : public testing::Test {
 protected:
  void Begin(const std::string& path, int flags, int depth) {
    path_ = path;
    file_ = Fd(open(path.c_str(), flags | O_CLOEXEC, 0600));
    ASSERT_TRUE(file_.valid()) << strerror(errno);
    absl::StatusOr<std::unique_ptr<WriteQueue>> queue =
        engine_->NewWriteQueue(file_.get(), path, depth);
    ASSERT_OK(queue);
    queue_ = *std::move(queue);
  }

  ScratchDirectory scratch_;
  std::unique_ptr<Engine> engine_ = TestEngine();
  std::string path_;
  Fd file_;
  std::unique_ptr<WriteQueue> queue_;
};

TEST_F(WriteQueueTest, ManyInFlightInAnyOrder) {
  constexpr size_t kPieces = 300;
  constexpr size_t kPieceBytes = 40'000;
  constexpr int kDepth = 16;
  Begin(scratch_ / "file", O_CREAT | O_WRONLY, kDepth);
  std::mt19937 random(1);
  std::string content(kPieces * kPieceBytes, '\0');
  for (char& byte : content) byte = static_cast<char>(random());
  std::vector<size_t> order;
  for (size_t i = 0; i < kPieces; ++i) order.push_back(i);
  std::shuffle(order.begin(), order.end(), random);

  std::atomic<int> unfinished = 0;
  std::atomic<int> finished = 0;
  for (const size_t i : order) {
    ++unfinished;
    queue_->Submit(absl::MakeSpan(content).subspan(i * kPieceBytes, kPieceBytes), i * kPieceBytes,
                   [&](const absl::Status& status) {
                     EXPECT_OK(status);
                     ++finished;
                     --unfinished;
                   });
    EXPECT_LE(unfinished, kDepth);
  }
  queue_->Drain();
  EXPECT_EQ(finished, static_cast<int>(kPieces));
  EXPECT_EQ(unfinished, 0);
  EXPECT_TRUE(ReadFile(path_) == content);
}

TEST_F(WriteQueueTest, DoneDoesNotWaitForTheSubmitter) {
  Begin(scratch_ / "file", O_CREAT | O_WRONLY, 4);
  const std::string data(10'000, 'x');
  for (int round = 0; round < 20; ++round) {
    absl::Notification written;
    queue_->Submit(data, 0, [&written](const absl::Status& status) {
      EXPECT_OK(status);
      written.Notify();
    });
    // No Submit and no Drain in between: a pool of buffers would be empty for ever.
    ASSERT_TRUE(written.WaitForNotificationWithTimeout(absl::Seconds(60)));
  }
  queue_->Drain();
}

TEST_F(WriteQueueTest, DepthOfOne) {
  Begin(scratch_ / "file", O_CREAT | O_WRONLY, 1);
  std::string expected;
  std::vector<std::string> pieces;
  for (int i = 0; i < 50; ++i) pieces.emplace_back(100, static_cast<char>('A' + i));
  for (const std::string& piece : pieces) {
    queue_->Submit(piece, expected.size(), [](const absl::Status& status) { EXPECT_OK(status); });
    expected += piece;
  }
  queue_->Drain();
  EXPECT_EQ(ReadFile(path_), expected);
}

TEST_F(WriteQueueTest, EveryErrorReachesItsWrite) {
  Begin("/dev/full", O_WRONLY, 4);
  absl::Mutex mutex;
  std::vector<absl::Status> statuses;
  const std::string data(5000, 'x');
  for (int i = 0; i < 30; ++i) {
    queue_->Submit(data, 0, [&](const absl::Status& status) {
      absl::MutexLock lock(&mutex);
      statuses.push_back(status);
    });
  }
  queue_->Drain();
  ASSERT_EQ(statuses.size(), 30u);
  for (const absl::Status& status : statuses) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(status.message(), "write /dev/full: No space left on device");
  }
}

TEST_F(WriteQueueTest, EmptyWritesEnd) {
  Begin(scratch_ / "file", O_CREAT | O_WRONLY, 2);
  std::atomic<int> finished = 0;
  for (int i = 0; i < 10; ++i) {
    queue_->Submit({}, 0, [&finished](const absl::Status& status) {
      EXPECT_OK(status);
      ++finished;
    });
  }
  queue_->Drain();
  EXPECT_EQ(finished, 10);
}

TEST_F(WriteQueueTest, WhatDirectWritingRefusesIsWrittenAllTheSame) {
  Begin(scratch_ / "file", O_CREAT | O_WRONLY, 4);
  if (fcntl(file_.get(), F_SETFL, O_DIRECT) != 0) {
    SKIP_OR_FAIL("the scratch directory has no direct I/O");
  }
  AlignedBuffer memory(8192);
  std::memset(memory.data(), 'm', memory.size());
  // Memory, offset and length that are not aligned.
  const absl::Span<const char> odd(memory.data() + 1, 1001);
  for (uint64_t i = 0; i < 8; ++i) {
    queue_->Submit(odd, i * 1001, [](const absl::Status& status) { EXPECT_OK(status); });
  }
  queue_->Drain();
  EXPECT_EQ(ReadFile(path_), std::string(8 * 1001, 'm'));
  EXPECT_EQ(fcntl(file_.get(), F_GETFL) & O_DIRECT, 0);
}

TEST_F(WriteQueueTest, NotWritableIsAnErrorWithThePath) {
  WriteFile(scratch_ / "file", "kept");
  Begin(scratch_ / "file", O_RDONLY, 2);
  absl::Status got;
  const std::string data(10, 'x');
  queue_->Submit(data, 0, [&got](const absl::Status& status) { got = status; });
  queue_->Drain();
  EXPECT_FALSE(got.ok());
  EXPECT_THAT(std::string(got.message()), testing::HasSubstr(path_));
  EXPECT_EQ(ReadFile(path_), "kept");
}

}  // namespace
}  // namespace ingot::io
