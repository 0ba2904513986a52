#include "core/container/frame_workers.h"

#include <algorithm>
#include <utility>

#include "io/interruption.h"
#include "io/limits.h"
#include "io/status.h"
#include "io/thread.h"

namespace ingot {
namespace {

constexpr int kThreadsMax = 1024;
// Where 64 processors would have threads for 1 GiB: each has two frames in memory.
constexpr int kDefaultThreadsMax = 96;

size_t ThreadCount(int wanted, int for_each_processor) {
  const int threads =
      wanted > 0 ? std::min(wanted, kThreadsMax)
                 : std::min(io::UsableProcessors() * for_each_processor, kDefaultThreadsMax);
  return static_cast<size_t>(threads);
}

}  // namespace

FrameWorkers::FrameWorkers(int threads, int for_each_processor)
    : queued_max_(ThreadCount(threads, for_each_processor)) {
  for (size_t i = 0; i < queued_max_; ++i) {
    absl::StatusOr<std::thread> thread = io::StartThread("ingot-frames", [this, i] { Work(i); });
    if (thread.ok()) {
      threads_.push_back(*std::move(thread));
    } else if (threads_.empty()) {
      absl::MutexLock lock(&mutex_);
      error_ = thread.status();  // with one already, it goes on slower
    }
  }
}

FrameWorkers::~FrameWorkers() {
  {
    absl::MutexLock lock(&mutex_);
    queue_.clear();
    ended_ = true;
  }
  Join();
}

bool FrameWorkers::Room() const { return queue_.size() < queued_max_ || !error_.ok(); }

bool FrameWorkers::Something() const { return !queue_.empty() || ended_; }

absl::Status FrameWorkers::Submit(Task task) {
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &FrameWorkers::Room));
  if (!error_.ok()) return error_;
  queue_.push_back(std::move(task));
  return absl::OkStatus();
}

absl::Status FrameWorkers::Finish() {
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  Join();
  absl::MutexLock lock(&mutex_);
  return error_;
}

void FrameWorkers::Work(size_t number) {
  FrameWorker worker;
  worker.number = number;
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &FrameWorkers::Something));
      // Here and not later: a task that was taken out must run, as later ones may wait for it.
      if (const absl::Status status = io::CheckInterrupted(); !status.ok()) {
        error_.Update(status);
        queue_.clear();
      }
      if (queue_.empty()) {
        if (ended_) return;
        continue;
      }
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    const absl::Status status = task(worker);
    // Before the lock: a task may own what takes time to let go.
    task = nullptr;
    if (status.ok()) continue;
    absl::MutexLock lock(&mutex_);
    error_.Update(status);
    queue_.clear();
  }
}

void FrameWorkers::Join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace ingot
