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
// For the frames of as many threads as nobody has asked for, two each: stored and content.
constexpr uint64_t kDefaultMemoryBytes = uint64_t{768} << 20;

uint64_t LargestContent(const Container& container) {
  uint64_t content_bytes_max = 1;
  for (const FrameInfo& frame : container.frames()) {
    content_bytes_max = std::max<uint64_t>(content_bytes_max, frame.content_bytes);
  }
  return content_bytes_max;
}

size_t ThreadCount(uint64_t content_bytes_max, int wanted, int for_each_processor) {
  if (wanted > 0) return static_cast<size_t>(std::min(wanted, kThreadsMax));
  const uint64_t affordable = kDefaultMemoryBytes / (2 * content_bytes_max);
  const auto threads = static_cast<uint64_t>(io::UsableProcessors() * for_each_processor);
  return static_cast<size_t>(std::clamp<uint64_t>(threads, 1, affordable));
}

}  // namespace

FrameWorkers::FrameWorkers(const Container& container, int threads, int for_each_processor,
                           io::RateLimit* write_limit)
    : FrameWorkers(LargestContent(container), threads, for_each_processor,
                   [&container, write_limit] {
                     container.ReleaseReadLimit();
                     if (write_limit != nullptr) write_limit->Release();
                   }) {}

FrameWorkers::FrameWorkers(uint64_t content_bytes_max, int threads, int for_each_processor,
                           std::function<void()> failed)
    : failed_(std::move(failed)),
      queued_max_(ThreadCount(content_bytes_max, threads, for_each_processor)) {
  for (size_t i = 0; i < queued_max_; ++i) {
    const size_t number = threads_.size();  // not i: those that could not be started have none
    absl::StatusOr<std::thread> thread =
        io::StartThread("ingot-frames", [this, number] { Work(number); });
    if (thread.ok()) {
      threads_.push_back(*std::move(thread));
    } else if (threads_.empty()) {
      absl::MutexLock lock(&mutex_);
      error_ = thread.status();  // with one already, it goes on slower
    }
  }
}

FrameWorkers::~FrameWorkers() {
  bool finished;
  {
    absl::MutexLock lock(&mutex_);
    queue_.clear();
    finished = std::exchange(ended_, true);
  }
  if (!finished) failed_();
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
    failed_();
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
