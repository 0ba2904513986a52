// A limit of bytes per second that all threads which move the bytes share.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"

namespace ingot::io {

// Time as a limit sees it, so that a test can have its own.
class RateClock {
 public:
  virtual ~RateClock() = default;
  virtual uint64_t Nanoseconds() = 0;  // never set back
  virtual void Sleep(uint64_t nanoseconds) = 0;
};
RateClock* SystemRateClock();

// A bucket that gives out times: whoever takes bytes is told when its turn is, and sleeps until
// then. What a sleep oversleeps is therefore not lost. Time that nobody used is kept for
// kBurstSeconds and no longer. Thread-safe.
class RateLimit {
 public:
  static constexpr double kBurstSeconds = 0.1;
  static constexpr double kPieceSeconds = 0.05;  // what is moved in one go takes no more

  // `clock` outlives it. REQUIRES: bytes_per_second > 0.
  explicit RateLimit(uint64_t bytes_per_second, RateClock* clock = SystemRateClock());

  // What should be moved in one go at most: a multiple of kDirectAlignment.
  uint64_t piece_bytes() const { return piece_bytes_; }

  // Returns when so many bytes more may be moved. Within 50 ms, and from then on at once, when the
  // run is interrupted (io/interruption.h) or the limit released: what is under way then is to end.
  void Take(uint64_t bytes);
  // The limit is none any more: the run has failed.
  void Release() { released_.store(true, std::memory_order_relaxed); }

 private:
  double Seconds() const;  // since it was made
  double Reserve(uint64_t bytes);

  const double bytes_per_second_;
  const uint64_t piece_bytes_;
  RateClock* const clock_;
  const uint64_t begin_;
  std::atomic<bool> released_{false};
  absl::Mutex mutex_;
  double next_ ABSL_GUARDED_BY(mutex_) = 0;  // when all that was taken is paid for, in Seconds()
};

// Calls `move` for [0, bytes) piece by piece, each in its turn, until it returns false; once for
// everything where `limit` is null.
void MoveInPieces(RateLimit* limit, uint64_t bytes,
                  absl::FunctionRef<bool(uint64_t offset, uint64_t length)> move);

}  // namespace ingot::io
