// Where the time goes, stage by stage: --perf.
//
// Clocks are looked at when a thread begins to wait or to work, a few times for each frame, never
// for each byte or file.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/format/run_times.h"

namespace ingot {

// What the threads of one stage have spent so far. Thread-safe.
class StageClock {
 public:
  void SetThreads(uint64_t threads) { threads_ = threads; }
  StageTimes Read() const;

 private:
  friend class StageTimer;
  std::atomic<uint64_t> threads_{0};
  std::atomic<uint64_t> busy_{0};  // nanoseconds, as all of them
  std::atomic<uint64_t> input_wait_{0};
  std::atomic<uint64_t> output_wait_{0};
  std::atomic<uint64_t> cpu_{0};
};

// One thread's time in a stage, from construction to destruction; busy at first.
class StageTimer {
 public:
  explicit StageTimer(StageClock* clock);
  ~StageTimer();
  StageTimer(const StageTimer&) = delete;

  // From here on ...
  void Works() { Enter(&clock_->busy_); }
  void WaitsForInput() { Enter(&clock_->input_wait_); }
  void WaitsForOutput() { Enter(&clock_->output_wait_); }

 private:
  void Enter(std::atomic<uint64_t>* state);

  StageClock* const clock_;
  std::atomic<uint64_t>* state_;
  uint64_t since_;
  uint64_t cpu_since_;
};

struct StageClocks {
  StageClock of[kRunStages];
  StageClock& operator[](RunStage stage) { return of[static_cast<size_t>(stage)]; }
};

}  // namespace ingot
