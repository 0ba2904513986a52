#include "io/rate_limit.h"

#include <time.h>

#include <algorithm>

#include "io/aligned_buffer.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr double kNanoseconds = 1e9;
constexpr double kStepSeconds = 0.05;  // how soon an interruption is heard

class SystemClock : public RateClock {
 public:
  uint64_t Nanoseconds() override { return BootNanoseconds(); }
  void Sleep(uint64_t nanoseconds) override {
    const struct timespec pause = {.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000),
                                   .tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000)};
    nanosleep(&pause, nullptr);  // woken early, the caller looks at the time again
  }
};

uint64_t PieceBytes(double bytes_per_second) {
  const auto bytes = static_cast<uint64_t>(bytes_per_second * RateLimit::kPieceSeconds);
  return std::max<uint64_t>(bytes / kDirectAlignment, 1) * kDirectAlignment;
}

}  // namespace

RateClock* SystemRateClock() {
  static SystemClock clock;
  return &clock;
}

RateLimit::RateLimit(uint64_t bytes_per_second, RateClock* clock)
    : bytes_per_second_(static_cast<double>(bytes_per_second)),
      piece_bytes_(PieceBytes(bytes_per_second_)),
      clock_(clock),
      begin_(clock->Nanoseconds()) {
  INGOT_CHECK(bytes_per_second > 0);
}

double RateLimit::Seconds() const {
  return static_cast<double>(clock_->Nanoseconds() - begin_) / kNanoseconds;
}

// When these bytes' turn is.
double RateLimit::Reserve(uint64_t bytes) {
  const double now = Seconds();
  absl::MutexLock lock(&mutex_);
  const double turn = std::max(next_, now - kBurstSeconds);
  next_ = turn + static_cast<double>(bytes) / bytes_per_second_;
  return turn;
}

void RateLimit::Take(uint64_t bytes) {
  const double turn = Reserve(bytes);
  while (!released_.load(std::memory_order_relaxed) && !Interrupted()) {
    const double left = turn - Seconds();
    if (left <= 0) return;
    // One more, so that a time that is cut to whole nanoseconds does not make a second round.
    clock_->Sleep(static_cast<uint64_t>(std::min(left, kStepSeconds) * kNanoseconds) + 1);
  }
}

void MoveInPieces(RateLimit* limit, uint64_t bytes,
                  absl::FunctionRef<bool(uint64_t offset, uint64_t length)> move) {
  if (limit == nullptr) {
    move(0, bytes);
    return;
  }
  for (uint64_t offset = 0; offset < bytes;) {
    const uint64_t length = std::min(limit->piece_bytes(), bytes - offset);
    limit->Take(length);
    if (!move(offset, length)) return;
    offset += length;
  }
}

}  // namespace ingot::io
