// liburing's calls. An entry that is to fail becomes a no-operation before the kernel sees it, and
// its completion gets the result before the program does.
#include <fcntl.h>
#include <liburing.h>

#include <cstdint>
#include <string>
#include <unordered_map>

#include "tests/interposer/fault.h"
#include "tests/interposer/wrap.h"

namespace {

using ingot::faults::Do;
using ingot::faults::Kind;
using ingot::faults::Meet;
using ingot::faults::Outcome;
using ingot::faults::PathOfFd;
using ingot::faults::PathOfName;
using ingot::faults::ReadOf;
using ingot::faults::TellWrite;
using ingot::faults::Told;

// Of one submission: which completions get which result.
using Results = std::unordered_map<uint64_t, int>;

Outcome MeetEntry(const struct io_uring_sqe& entry) {
  if (entry.opcode == IORING_OP_OPENAT) {
    const char* name = reinterpret_cast<const char*>(entry.addr);
    return Meet({"open", Told(PathOfName(entry.fd, name)), Kind::kReading, entry.len});
  }
  if (entry.opcode == IORING_OP_READ) {
    return Meet({ReadOf(entry.fd), Told(PathOfFd(entry.fd)), Kind::kReading, entry.len});
  }
  return Meet({"write", Told(PathOfFd(entry.fd)), Kind::kWriting, entry.len});
}

// Of the ring's own doing, or of the file's.
Outcome MeetCompletion(const struct io_uring_sqe& entry) {
  const Outcome outcome = Meet({"ring", "complete", Kind::kCompletion});
  return outcome.error != 0 ? outcome : MeetEntry(entry);
}

void Prepare(struct io_uring_sqe* entry, Results* results) {
  const Outcome outcome = MeetCompletion(*entry);
  if (outcome.error != 0) {
    const uint64_t user_data = entry->user_data;
    io_uring_prep_nop(entry);
    entry->user_data = user_data;
    (*results)[user_data] = -outcome.error;
    return;
  }
  if (entry->opcode != IORING_OP_OPENAT) entry->len = static_cast<unsigned>(outcome.bytes);
  if (entry->opcode == IORING_OP_WRITE) TellWrite(entry->fd, entry->off, outcome.bytes);
}

// A no-operation completes as soon as it is submitted.
void SetResults(struct io_uring* ring, const Results& results) {
  if (results.empty()) return;
  const unsigned end = __atomic_load_n(ring->cq.ktail, __ATOMIC_ACQUIRE);
  for (unsigned at = *ring->cq.khead; at != end; ++at) {
    struct io_uring_cqe* completion = &ring->cq.cqes[at & *ring->cq.kring_mask];
    const auto found = results.find(completion->user_data);
    if (found != results.end()) completion->res = found->second;
  }
}

// liburing gives errors back as negative numbers.
template <typename Call>
int Ring(const char* what, Call call) {
  const int error = Meet({"ring", what, Kind::kRing}).error;
  return error != 0 ? -error : call();
}

}  // namespace

extern "C" {

int io_uring_queue_init(unsigned entries, struct io_uring* ring, unsigned flags) {
  REAL(io_uring_queue_init);
  return Ring("setup", [=] { return real(entries, ring, flags); });
}

struct io_uring_probe* io_uring_get_probe_ring(struct io_uring* ring) {
  REAL(io_uring_get_probe_ring);
  return Do(
      "ring", "probe", Kind::kRing, [=] { return real(ring); }, nullptr);
}

int io_uring_register_iowq_max_workers(struct io_uring* ring, unsigned* workers) {
  REAL(io_uring_register_iowq_max_workers);
  return Ring("workers", [=] { return real(ring, workers); });
}

int io_uring_submit_and_wait(struct io_uring* ring, unsigned wait) {
  REAL(io_uring_submit_and_wait);
  return Ring("submit", [=] {
    Results results;
    for (unsigned at = ring->sq.sqe_head; at != ring->sq.sqe_tail; ++at) {
      Prepare(&ring->sq.sqes[at & *ring->sq.kring_mask], &results);
    }
    const int result = real(ring, wait);
    SetResults(ring, results);
    return result;
  });
}

// What io_uring_peek_cqe comes down to when there is no completion at hand.
int __io_uring_get_cqe(struct io_uring* ring, struct io_uring_cqe** completion, unsigned submit,
                       unsigned wait, sigset_t* signals) {
  REAL(__io_uring_get_cqe);
  return Ring("reap", [=] { return real(ring, completion, submit, wait, signals); });
}

}  // extern "C"
