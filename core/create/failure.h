// The first error of a run. Threads look at it instead of passing errors around.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace ingot {

// Thread-safe.
class Failure {
 public:
  // `on_first` runs once, on the thread of the first error: it wakes everyone who waits.
  explicit Failure(std::function<void()> on_first) : on_first_(std::move(on_first)) {}

  void Set(absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (status.ok() || !status_.ok()) return;
      status_ = std::move(status);
      failed_.store(true, std::memory_order_release);
    }
    on_first_();
  }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  absl::Status status() const {
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  const std::function<void()> on_first_;
  std::atomic<bool> failed_{false};
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ingot
