// The engine of rings: one thread has many operations in flight.
#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "io/blocking.h"
#include "io/engine.h"
#include "io/status.h"
#include "io/uring.h"
#include "io/uring_write_queue.h"

namespace ingot::io {
namespace {

constexpr int kReaderThreads = 4;
constexpr size_t kReaderDepth = 64;  // operations in flight of one reader

class UringBatchReader : public BatchReader {
 public:
  explicit UringBatchReader(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}

  void Open(absl::Span<OpenRequest> requests) override {
    if (requests.size() == 1) return OpenBlocking(&requests[0]);
    Run(
        requests.size(),
        [requests](size_t i, struct io_uring_sqe* sqe) {
          const OpenRequest& request = requests[i];
          io_uring_prep_openat(sqe, request.directory_fd, request.name, request.flags | O_CLOEXEC,
                               0);
        },
        [requests](size_t i, int result) { return NoteOpen(&requests[i], result); });
  }

  void Read(absl::Span<ReadRequest> requests) override {
    if (requests.size() == 1) return ReadBlocking(&requests[0]);
    reads_.clear();
    for (ReadRequest& request : requests) {
      reads_.push_back({&request, 0, DirectFd(request)});
    }
    Run(
        reads_.size(),
        [this](size_t i, struct io_uring_sqe* sqe) {
          const Pending& read = reads_[i];
          const ReadRequest& request = *read.request;
          const bool direct = read.direct_fd >= 0;
          const uint64_t length = direct ? DirectLength(request) : request.length;
          io_uring_prep_read(sqe, direct ? read.direct_fd : request.fd, request.data + read.done,
                             static_cast<unsigned>(std::min(length - read.done, kCallBytesMax)),
                             request.offset + read.done);
        },
        [this](size_t i, int result) { return NotePending(&reads_[i], result); });
  }

 private:
  struct Pending {
    ReadRequest* request;
    uint64_t done;  // bytes
    int direct_fd;  // -1: read through the page cache
    bool direct_refused = false;
  };

  static Progress NotePending(Pending* read, int result) {
    if (IsForBuffered(result, read->direct_fd >= 0) && !std::exchange(read->direct_refused, true)) {
      read->direct_fd = -1;
      DropDirect(read->request->fd);
      return Progress::kRepeat;
    }
    if (result != -EAGAIN) return NoteRead(read->request, &read->done, result);
    // Not directly: that would set O_DIRECT while others of the same file are in flight.
    read->request->may_bypass_cache = false;
    ReadBlocking(read->request, read->done);
    return Progress::kEnded;
  }

  static Progress NoteOpen(OpenRequest* request, int result) {
    if (result == -EPERM && (request->flags & O_NOATIME) != 0) {
      request->flags &= ~O_NOATIME;  // only a file's owner may
      return Progress::kRepeat;
    }
    request->result = result;
    if (result == -EAGAIN) OpenBlocking(request);
    return Progress::kEnded;
  }

  // Runs operations 0 .. count-1 with up to kReaderDepth in flight, each again for as long as
  // `note` wants. `note` sees EAGAIN only from an operation that was free to block.
  void Run(size_t count, absl::FunctionRef<void(size_t i, struct io_uring_sqe* sqe)> prepare,
           absl::FunctionRef<Progress(size_t i, int result)> note) {
    std::vector<uint64_t> again;  // user_data of operations to be repeated
    size_t next = 0;
    size_t in_flight = 0;
    while (next < count || in_flight > 0 || !again.empty()) {
      while (in_flight < kReaderDepth && (next < count || !again.empty())) {
        uint64_t user_data = uint64_t{next} * 2;
        if (again.empty()) {
          ++next;
        } else {
          user_data = again.back();
          again.pop_back();
        }
        struct io_uring_sqe* sqe = ring_->Next();
        prepare(user_data / 2, sqe);
        sqe->user_data = user_data;
        if ((user_data & kMayBlock) != 0) sqe->flags |= IOSQE_ASYNC;
        ++in_flight;
      }
      // All that is left, or enough to fill the ring with a good number of new ones.
      ring_->SubmitAndWait(
          static_cast<unsigned>(next < count ? std::max<size_t>(in_flight / 4, 1) : in_flight));
      ring_->Reap([&](uint64_t user_data, int result) {
        --in_flight;
        if (result == -EINTR) {
          again.push_back(user_data);
        } else if (result == -EAGAIN && (user_data & kMayBlock) == 0) {
          again.push_back(user_data | kMayBlock);
        } else if (note(user_data / 2, result) == Progress::kRepeat) {
          again.push_back(user_data);
        }
      });
    }
  }

  static constexpr uint64_t kMayBlock =
      1;  // lowest bit of user_data: in a worker thread of the kernel

  std::unique_ptr<Ring> ring_;
  std::vector<Pending> reads_;  // of the call at hand
};

class UringEngine : public Engine {
 public:
  absl::string_view name() const override { return "uring"; }
  int reader_threads() const override { return kReaderThreads; }
  absl::StatusOr<std::unique_ptr<BatchReader>> NewBatchReader() override {
    INGOT_ASSIGN_OR_RETURN(std::unique_ptr<Ring> ring, Ring::Create(kReaderDepth));
    return std::make_unique<UringBatchReader>(std::move(ring));
  }
  absl::StatusOr<std::unique_ptr<WriteQueue>> NewWriteQueue(int fd, std::string path,
                                                            int depth) override {
    return NewUringWriteQueue(fd, std::move(path), depth);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> NewUringEngine() {
  // As many rings as will be wanted at once: what limits them should show now, not in the middle.
  std::vector<std::unique_ptr<Ring>> rings;
  for (int i = 0; i < kReaderThreads + 1; ++i) {
    INGOT_ASSIGN_OR_RETURN(std::unique_ptr<Ring> ring, Ring::Create(kReaderDepth));
    rings.push_back(std::move(ring));
  }
  INGOT_RETURN_IF_ERROR(rings.front()->CheckOperations());
  return std::make_unique<UringEngine>();
}

}  // namespace ingot::io
