#include "io/uring.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/fatal.h"
#include "io/status.h"

namespace ingot::io {
namespace {

// Opens that miss the dentry cache block a worker thread each, and the default of 4 workers for
// each processor starves them on small machines.
constexpr unsigned kWorkersMax = 64;

// From the best down; a kernel that does not know a flag answers EINVAL. A ring that is tied to one
// thread is made disabled, and tied when that thread enables it.
constexpr unsigned kSetupFlags[] = {
    IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_R_DISABLED,
    IORING_SETUP_COOP_TASKRUN,
    0,
};

constexpr long kShortOfMemoryNanoseconds = 1'000'000;
constexpr int kShortOfMemoryAttemptsMax = 10'000;  // 10 s without a completion

constexpr char kRingFailed[] = "io_uring failed in the middle; --io posix does without it";

// A ring may lie in memory where another thread's has been. The kernel orders the two, but liburing
// calls it past libc, so that ThreadSanitizer sees no memory come and go: this orders them for it.
std::atomic<uint64_t> rings_gone{0};

absl::Status SetupError(int error_number) {
  switch (error_number) {
    case EPERM:
    case EACCES:
      return absl::PermissionDeniedError(
          "io_uring is not permitted here (kernel.io_uring_disabled or a seccomp profile)");
    case ENOSYS:
      return absl::UnimplementedError("this kernel has no io_uring");
    case ENOMEM:
      return absl::ResourceExhaustedError(
          "io_uring gets no memory (locked memory is limited: ulimit -l)");
    default:
      return ErrnoStatus(error_number, "set up", "an io_uring");
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ring>> Ring::Create(unsigned entries) {
  int result = -EINVAL;
  for (const unsigned flags : kSetupFlags) {
    std::unique_ptr<Ring> ring(new Ring);
    result = io_uring_queue_init(entries, &ring->ring_, flags);
    if (result == 0) {
      rings_gone.load(std::memory_order_acquire);
      ring->enabled_ = (flags & IORING_SETUP_R_DISABLED) == 0;
      return ring;
    }
    ring->ring_.ring_fd = -1;
    if (result != -EINVAL) break;
  }
  return SetupError(-result);
}

Ring::~Ring() {
  if (ring_.ring_fd < 0) return;
  rings_gone.fetch_add(1, std::memory_order_release);
  io_uring_queue_exit(&ring_);
}

absl::Status Ring::CheckOperations() {
  struct io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  if (probe == nullptr) return absl::UnimplementedError("this kernel's io_uring cannot be probed");
  struct Operation {
    int code;
    const char* name;
  };
  constexpr Operation kOperations[] = {
      {IORING_OP_OPENAT, "OPENAT"}, {IORING_OP_READ, "READ"}, {IORING_OP_WRITE, "WRITE"}};
  absl::Status status;
  for (const Operation& operation : kOperations) {
    if (io_uring_opcode_supported(probe, operation.code)) continue;
    status = absl::UnimplementedError(
        absl::StrCat("this kernel's io_uring has no operation ", operation.name));
    break;
  }
  io_uring_free_probe(probe);
  return status;
}

void Ring::Enable() {
  // liburing 2.3 declares io_uring_enable_rings and does not export it.
  while (syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) !=
         0) {
    if (errno != EINTR) ExitFailed(kRingFailed);
  }
  enabled_ = true;
}

struct io_uring_sqe* Ring::Next() {
  struct io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  INGOT_CHECK(sqe != nullptr);
  return sqe;
}

void Ring::SubmitAndWait(unsigned wait) {
  if (!enabled_) {
    Enable();
    unsigned workers[2] = {kWorkersMax, 0};               // 0: as it is
    io_uring_register_iowq_max_workers(&ring_, workers);  // older kernels cannot; it is only faster
  }
  const int result = io_uring_submit_and_wait(&ring_, wait);
  if (result >= 0) attempts_ = 0;
  if (result >= 0 || result == -EINTR) return;
  const bool is_short_of_memory = result == -EBUSY || result == -EAGAIN || result == -ENOMEM;
  // Completions have to be reaped first, or the kernel is short of memory for a moment.
  if (is_short_of_memory && io_uring_cq_ready(&ring_) > 0) return;
  if (is_short_of_memory && ++attempts_ < kShortOfMemoryAttemptsMax) {
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = kShortOfMemoryNanoseconds};
    nanosleep(&pause, nullptr);
    return;
  }
  // Buffers of operations in flight belong to the kernel, and nobody tells any more when it is done
  // with them: no part of this process can go on.
  ExitFailed(kRingFailed);
}

void Ring::Reap(absl::FunctionRef<void(uint64_t user_data, int result)> completed) {
  struct io_uring_cqe* cqe = nullptr;
  while (io_uring_peek_cqe(&ring_, &cqe) == 0 && cqe != nullptr) {
    const uint64_t user_data = cqe->user_data;
    const int result = cqe->res;
    io_uring_cqe_seen(&ring_, cqe);
    completed(user_data, result);
  }
}

}  // namespace ingot::io
