// A thread of the queue's own has the ring: completions are seen, and buffers come back, whatever
// the submitting thread waits for. It is woken by an eventfd that the ring reads.
#include "io/uring_write_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "io/blocking.h"
#include "io/fd.h"
#include "io/status.h"
#include "io/thread.h"
#include "io/uring.h"

namespace ingot::io {
namespace {

constexpr int kDepthMax = 1024;
constexpr uint64_t kWakeUp =
    ~uint64_t{0};  // user_data of the eventfd's read; else an index of writes_

class UringWriteQueue : public WriteQueue {
 public:
  UringWriteQueue(int fd, std::string path, int depth)
      : fd_(fd), path_(std::move(path)), depth_(depth), writes_(static_cast<size_t>(depth)) {
    for (size_t i = 0; i < writes_.size(); ++i) free_.push_back(i);
  }

  ~UringWriteQueue() override {
    if (!thread_.joinable()) return;
    {
      absl::MutexLock lock(&mutex_);
      INGOT_CHECK(unfinished_ == 0);
      stopping_ = true;
    }
    WakeUp();
    thread_.join();
  }

  absl::Status Start() {
    // One more for the read of the eventfd.
    INGOT_ASSIGN_OR_RETURN(ring_, Ring::Create(static_cast<unsigned>(depth_) + 1));
    event_ = Fd(eventfd(0, EFD_CLOEXEC));
    if (!event_.valid()) return ErrnoStatus(errno, "make an eventfd for", path_);
    INGOT_ASSIGN_OR_RETURN(thread_, StartThread("ingot-write", [this] { Work(); }));
    return absl::OkStatus();
  }

  void Submit(absl::Span<const char> data, uint64_t offset, Done done) override {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &UringWriteQueue::HasRoom));
      submitted_.push_back({data, offset, std::move(done)});
      ++unfinished_;
    }
    WakeUp();
  }

  void Drain() override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &UringWriteQueue::IsDrained));
  }

 private:
  struct Write {
    absl::Span<const char> data;  // what is still to be written
    uint64_t offset = 0;
    Done done;
    bool direct_refused = false;
    bool asynchronous = false;  // the kernel could not do it without blocking: in a worker then
  };

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return unfinished_ < depth_; }
  bool IsDrained() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return unfinished_ == 0; }

  void WakeUp() {
    const uint64_t one = 1;
    while (write(event_.get(), &one, sizeof(one)) < 0) INGOT_CHECK(errno == EINTR);
  }

  void Work() {
    while (true) {
      const bool going_on = TakeSubmitted();
      if (!going_on && !waking_) return;  // the kernel must not write to wake_ups_ after us
      if (going_on && !waking_) PrepareWakeUp();
      ring_->SubmitAndWait(1);
      ring_->Reap([this](uint64_t user_data, int result) {
        if (user_data == kWakeUp) {
          waking_ = false;
        } else {
          NoteWrite(user_data, result);
        }
      });
    }
  }

  // False when there will be nothing any more.
  bool TakeSubmitted() {
    std::deque<Write> taken;
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return false;
      taken.swap(submitted_);
    }
    for (Write& write : taken) {
      INGOT_CHECK(!free_.empty());
      const size_t slot = free_.back();
      free_.pop_back();
      writes_[slot] = std::move(write);
      Continue(slot);
    }
    return true;
  }

  void PrepareWakeUp() {
    struct io_uring_sqe* sqe = ring_->Next();
    io_uring_prep_read(sqe, event_.get(), &wake_ups_, sizeof(wake_ups_), 0);
    sqe->user_data = kWakeUp;
    waking_ = true;
  }

  void Continue(size_t slot) {
    const Write& write = writes_[slot];
    if (write.data.empty()) return Finish(slot, absl::OkStatus());
    struct io_uring_sqe* sqe = ring_->Next();
    const uint64_t length = std::min<uint64_t>(write.data.size(), kCallBytesMax);
    io_uring_prep_write(sqe, fd_, write.data.data(), static_cast<unsigned>(length), write.offset);
    sqe->user_data = slot;
    if (write.asynchronous) sqe->flags |= IOSQE_ASYNC;
  }

  void NoteWrite(size_t slot, int result) {
    Write& write = writes_[slot];
    if (result > 0) {
      write.data.remove_prefix(static_cast<size_t>(result));
      write.offset += static_cast<uint64_t>(result);
      return Continue(slot);
    }
    if (result == -EINTR) return Continue(slot);
    if (result == -EAGAIN && !write.asynchronous) {
      write.asynchronous = true;
      return Continue(slot);
    }
    if (result == -EAGAIN) return Finish(slot, WriteBlocking(fd_, path_, write.data, write.offset));
    if (result == -EINVAL && !write.direct_refused) {
      // Also when another write has just dropped it: this one may have begun before.
      write.direct_refused = true;
      DropDirect(fd_);
      return Continue(slot);
    }
    Finish(slot, ErrnoStatus(result == 0 ? EIO : -result, "write", path_));
  }

  void Finish(size_t slot, const absl::Status& status) {
    Write write = std::exchange(writes_[slot], Write());
    free_.push_back(slot);
    write.done(status);
    write.done = nullptr;  // with all that it holds, before Drain may return
    absl::MutexLock lock(&mutex_);
    --unfinished_;
  }

  const int fd_;
  const std::string path_;
  const int depth_;
  Fd event_;
  std::thread thread_;

  // The thread's own.
  std::unique_ptr<Ring> ring_;
  std::vector<Write> writes_;
  std::vector<size_t> free_;  // of writes_
  uint64_t wake_ups_ = 0;     // where the ring reads the eventfd to
  bool waking_ = false;       // that read is in flight

  absl::Mutex mutex_;
  std::deque<Write> submitted_ ABSL_GUARDED_BY(mutex_);
  int unfinished_ ABSL_GUARDED_BY(mutex_) = 0;  // submitted, `done` not yet over
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<WriteQueue>> NewUringWriteQueue(int fd, std::string path,
                                                               int depth) {
  INGOT_CHECK(depth >= 1 && depth <= kDepthMax);
  auto queue = std::make_unique<UringWriteQueue>(fd, std::move(path), depth);
  INGOT_RETURN_IF_ERROR(queue->Start());
  return queue;
}

}  // namespace ingot::io
