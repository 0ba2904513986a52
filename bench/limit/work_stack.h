// Threads that take tasks from one stack, last in first out, until none is left and none is
// running.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace limit {

template <typename Task>
class WorkStack {
 public:
  void Push(Task task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

  // Runs `thread(index)` on each; it is to loop over Pop().
  template <typename Function>
  void Run(int threads, Function thread) {
    idle_ = 0;
    threads_ = threads;
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) running.emplace_back([&thread, i] { thread(i); });
    for (std::thread& one : running) one.join();
  }

  // Nothing when all has been done.
  std::optional<Task> Pop() {
    std::unique_lock lock(mutex_);
    if (tasks_.empty() && ++idle_ == threads_) {
      wake_.notify_all();
    } else if (tasks_.empty()) {
      wake_.wait(lock, [this] { return !tasks_.empty() || idle_ == threads_; });
      if (!tasks_.empty()) --idle_;
    }
    if (tasks_.empty()) return std::nullopt;
    Task task = std::move(tasks_.back());
    tasks_.pop_back();
    return task;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;
  int idle_ = 0;
  int threads_ = 0;
};

}  // namespace limit
