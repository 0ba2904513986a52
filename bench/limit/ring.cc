// The read pass by io_uring: a few threads, each with many files in flight.
#include <fcntl.h>
#include <liburing.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/limit/limit.h"
#include "bench/limit/tree.h"

namespace limit {
namespace {

constexpr int kRings = 2;
constexpr unsigned kFilesInFlight = 64;  // of one ring
constexpr int kWalkers = 16;
constexpr size_t kReadBytes = size_t{256} << 10;

struct Found {
  std::shared_ptr<const OpenDirectory> directory;
  std::string name;
};

class FoundQueue {
 public:
  void Push(Found found) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(found));
    }
    wake_.notify_one();
  }
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_all();
  }
  // Nothing when there is none now and `wait` is not set, or never again.
  std::optional<Found> Pop(bool wait) {
    std::unique_lock lock(mutex_);
    if (wait) wake_.wait(lock, [this] { return !queue_.empty() || closed_; });
    if (queue_.empty()) return std::nullopt;
    Found found = std::move(queue_.front());
    queue_.pop_front();
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Found> queue_;
  bool closed_ = false;
};

class RingReader {
 public:
  RingReader(FoundQueue* found, const Options& options) : found_(found), options_(options) {
    const int error = io_uring_queue_init(kFilesInFlight, &ring_, 0);
    if (error != 0) {
      errno = -error;
      Die("a ring");
    }
    for (Slot& slot : slots_) idle_.push_back(&slot);
  }
  ~RingReader() { io_uring_queue_exit(&ring_); }

  Counts Run() {
    while (true) {
      while (!idle_.empty()) {
        std::optional<Found> found = found_->Pop(idle_.size() == slots_.size());
        if (!found.has_value()) break;
        Slot* const slot = idle_.back();
        idle_.pop_back();
        slot->found = *std::move(found);
        slot->fd = -1;
        slot->offset = 0;
        io_uring_sqe* const sqe = Next();
        io_uring_prep_openat(sqe, slot->found.directory->fd.get(), slot->found.name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | no_atime_, 0);
        io_uring_sqe_set_data(sqe, slot);
      }
      if (idle_.size() == slots_.size()) return counts_;
      io_uring_submit_and_wait(&ring_, 1);
      io_uring_cqe* cqe = nullptr;
      while (io_uring_peek_cqe(&ring_, &cqe) == 0) {
        Slot* const slot = static_cast<Slot*>(io_uring_cqe_get_data(cqe));
        const int result = cqe->res;
        io_uring_cqe_seen(&ring_, cqe);
        Completed(slot, result);
      }
    }
  }

 private:
  struct Slot {
    Found found;
    int fd = -1;
    uint64_t offset = 0;
    uint64_t size = 0;
    const Memory memory = AlignedMemory(kReadBytes);
  };

  io_uring_sqe* Next() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) {
      io_uring_submit(&ring_);
      sqe = io_uring_get_sqe(&ring_);
    }
    return sqe;
  }

  void Completed(Slot* slot, int result) {
    if (result < 0) {
      errno = -result;
      Die(slot->found.name);
    }
    if (slot->fd < 0) {
      slot->fd = result;
      struct stat stat;
      if (fstat(slot->fd, &stat) != 0) Die(slot->found.name);
      slot->size = static_cast<uint64_t>(stat.st_size);
      if (options_.direct != 0 && slot->size >= options_.direct &&
          fcntl(slot->fd, F_SETFL, no_atime_ | O_DIRECT) != 0) {
        Die(slot->found.name);
      }
    } else {
      if (result == 0) Die("a file that shrank");
      slot->offset += static_cast<uint64_t>(result);
    }
    if (slot->offset < slot->size) {
      io_uring_sqe* const sqe = Next();
      io_uring_prep_read(sqe, slot->fd, slot->memory.get(), kReadBytes, slot->offset);
      io_uring_sqe_set_data(sqe, slot);
      return;
    }
    close(slot->fd);
    slot->found = {};
    ++counts_.files;
    counts_.bytes += slot->size;
    idle_.push_back(slot);
  }

  const int no_atime_ = geteuid() == 0 ? O_NOATIME : 0;  // others may not, of others' files
  FoundQueue* const found_;
  const Options& options_;
  io_uring ring_;
  std::vector<Slot> slots_{kFilesInFlight};
  std::vector<Slot*> idle_;
  Counts counts_;
};

}  // namespace

Counts RingReadPass(const std::string& tree, const Options& options) {
  const double begin = Now();
  FoundQueue found;
  std::mutex mutex;
  Counts counts;
  std::vector<std::thread> threads;
  for (int i = 0; i < (options.threads > 0 ? options.threads : kRings); ++i) {
    threads.emplace_back([&] {
      const Counts own = RingReader(&found, options).Run();
      const std::lock_guard lock(mutex);
      counts += own;
    });
  }
  const Counts walked =
      WalkTree(tree, kWalkers,
               [&found](std::shared_ptr<const OpenDirectory> directory, const std::string& name) {
                 found.Push({std::move(directory), name});
               });
  found.Close();
  for (std::thread& thread : threads) thread.join();
  counts.directories = walked.directories;
  counts.seconds = Now() - begin;
  return counts;
}

}  // namespace limit
