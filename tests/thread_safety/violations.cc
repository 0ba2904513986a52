// What Clang's thread-safety analysis must refuse, and nothing else: scripts/thread-safety.sh
// compares its errors with the lines that say so. Never built.
#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ingot {

class Counter {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }
  void AddWithoutTheMutex() {
    ++count_;  // refused
  }
  int Read() const {
    return count_;  // refused
  }
  void AddAfterUnlock() {
    {
      absl::MutexLock lock(&mutex_);
      ++count_;
    }
    ++count_;  // refused
  }
  void CallWithoutTheMutex() {
    AddLocked();  // refused
  }
  void LockTwice() {
    absl::MutexLock lock(&mutex_);
    Add();
    mutex_.Lock();  // refused
  }
  void ConditionThatForgotItsMutex() {
    const auto ready = [this] {
      return count_ > 0;  // refused
    };
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&ready));
  }

 private:
  void AddLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { ++count_; }

  mutable absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ingot
