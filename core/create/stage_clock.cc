#include "core/create/stage_clock.h"

#include "io/clock.h"

namespace ingot {
namespace {

constexpr uint64_t kNanosecondsInMicrosecond = 1000;

}  // namespace

StageTimes StageClock::Read() const {
  return {.threads = threads_,
          .busy = busy_ / kNanosecondsInMicrosecond,
          .input_wait = input_wait_ / kNanosecondsInMicrosecond,
          .output_wait = output_wait_ / kNanosecondsInMicrosecond,
          .cpu = cpu_ / kNanosecondsInMicrosecond};
}

StageTimer::StageTimer(StageClock* clock)
    : clock_(clock),
      state_(&clock->busy_),
      since_(io::MonotonicNanoseconds()),
      cpu_since_(io::ThreadCpuNanoseconds()) {}

StageTimer::~StageTimer() { Enter(nullptr); }

void StageTimer::Enter(std::atomic<uint64_t>* state) {
  const uint64_t now = io::MonotonicNanoseconds();
  *state_ += now - since_;
  since_ = now;
  if (state_ == &clock_->busy_) {
    const uint64_t cpu = io::ThreadCpuNanoseconds();
    clock_->cpu_ += cpu - cpu_since_;
    cpu_since_ = cpu;
  }
  state_ = state;
}

}  // namespace ingot
