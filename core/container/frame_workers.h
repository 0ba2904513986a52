// Threads that read frames, in order.
//
// Plain threads for restore and verify alike: reading a frame and writing files block, and a TBB
// worker must never block on a disk. A few more of them than processors keep the disk busy while
// others hash and decompress.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/container/container.h"
#include "io/rate_limit.h"

namespace ingot {

// What a thread keeps from task to task.
struct FrameWorker {
  size_t number = 0;  // 0 .. threads - 1
  FrameScratch scratch;
};

class FrameWorkers {
 public:
  using Task = absl::AnyInvocable<absl::Status(FrameWorker&)>;

  // `threads`: 0 for so many `for_each_processor`, fewer where frames are large: of up to
  // `content_bytes_max`. `failed` is called by any thread once a task has failed, and by
  // the destructor when Finish was not: what is under way is to end soon.
  FrameWorkers(uint64_t content_bytes_max, int threads, int for_each_processor,
               std::function<void()> failed);
  // For the frames of a container; it and the limit to what tasks write outlive the workers.
  FrameWorkers(const Container& container, int threads, int for_each_processor,
               io::RateLimit* write_limit = nullptr);
  ~FrameWorkers();  // tasks that were not begun are dropped

  size_t threads() const { return threads_.size(); }

  // Tasks are begun in the order in which they come. Blocks while as many wait as there are
  // threads. The first error of any task, or Cancelled after an interruption, ends everything, and
  // what is under way then goes on without a limit.
  absl::Status Submit(Task task);
  // Waits for all.
  absl::Status Finish();

 private:
  void Work(size_t number);
  bool Room() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool Something() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Join();

  const std::function<void()> failed_;
  const size_t queued_max_;
  absl::Mutex mutex_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace ingot
