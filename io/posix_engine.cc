// The engine of plain, blocking system calls: as many operations in flight as there are threads.
#include <algorithm>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "io/blocking.h"
#include "io/engine.h"
#include "io/status.h"
#include "io/thread.h"

namespace ingot::io {
namespace {

constexpr int kReaderThreads = 32;  // 8 were far slower on a cold tree, 64 no faster
constexpr int kWriteThreadsMax =
    16;  // of one queue; more in flight than a disk takes gains nothing
constexpr int kDepthMax = 1024;

class PosixBatchReader : public BatchReader {
 public:
  void Open(absl::Span<OpenRequest> requests) override {
    for (OpenRequest& request : requests) OpenBlocking(&request);
  }
  void Read(absl::Span<ReadRequest> requests) override {
    for (ReadRequest& request : requests) ReadBlocking(&request);
  }
};

class PosixWriteQueue : public WriteQueue {
 public:
  PosixWriteQueue(int fd, std::string path, int depth)
      : fd_(fd), path_(std::move(path)), depth_(depth) {}

  ~PosixWriteQueue() override {
    {
      absl::MutexLock lock(&mutex_);
      INGOT_CHECK(unfinished_ == 0);
      stopping_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Start() {
    for (int i = 0; i < std::min(depth_, kWriteThreadsMax); ++i) {
      INGOT_ASSIGN_OR_RETURN(std::thread thread, StartThread("ingot-write", [this] { Work(); }));
      threads_.push_back(std::move(thread));
    }
    return absl::OkStatus();
  }

  void Submit(absl::Span<const char> data, uint64_t offset, Done done) override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &PosixWriteQueue::HasRoom));
    pending_.push_back({data, offset, std::move(done)});
    ++unfinished_;
  }

  void Drain() override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &PosixWriteQueue::IsDrained));
  }

 private:
  struct Write {
    absl::Span<const char> data;
    uint64_t offset;
    Done done;
  };

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return unfinished_ < depth_; }
  bool IsDrained() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return unfinished_ == 0; }
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !pending_.empty() || stopping_;
  }

  void Work() {
    absl::MutexLock lock(&mutex_);
    while (true) {
      mutex_.Await(absl::Condition(this, &PosixWriteQueue::HasNews));
      if (pending_.empty()) return;
      Write write = std::move(pending_.front());
      pending_.pop_front();
      mutex_.Unlock();
      write.done(WriteBlocking(fd_, path_, write.data, write.offset));
      write.done = nullptr;  // with all that it holds, before Drain may return
      mutex_.Lock();
      --unfinished_;
    }
  }

  const int fd_;
  const std::string path_;
  const int depth_;
  std::vector<std::thread> threads_;
  absl::Mutex mutex_;
  std::deque<Write> pending_ ABSL_GUARDED_BY(mutex_);
  int unfinished_ ABSL_GUARDED_BY(mutex_) = 0;  // submitted, `done` not yet over
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

class PosixEngine : public Engine {
 public:
  absl::string_view name() const override { return "posix"; }
  int reader_threads() const override { return kReaderThreads; }
  absl::StatusOr<std::unique_ptr<BatchReader>> NewBatchReader() override {
    return std::make_unique<PosixBatchReader>();
  }
  absl::StatusOr<std::unique_ptr<WriteQueue>> NewWriteQueue(int fd, std::string path,
                                                            int depth) override {
    INGOT_CHECK(depth >= 1 && depth <= kDepthMax);
    auto queue = std::make_unique<PosixWriteQueue>(fd, std::move(path), depth);
    INGOT_RETURN_IF_ERROR(queue->Start());
    return queue;
  }
};

}  // namespace

std::unique_ptr<Engine> NewPosixEngine() { return std::make_unique<PosixEngine>(); }

}  // namespace ingot::io
