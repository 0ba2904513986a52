// Random delays wherever ingot's threads meet, without a word about it in ingot.
//
// Whatever passes from stage to stage passes under an absl::Mutex. A program that has delays.cc
// linked in has its own absl::Mutex::Lock, Unlock and Await before those of the library: they cross
// a border. At each crossing the thread goes on, yields, or sleeps, as the seed says; how long it
// sleeps depends on its stage, so that with some seeds one stage is much slower than the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ingot {

// Told apart by their threads' names.
enum class DelayedStage {
  kCaller,  // walks (as the consumer) and plans; reads the index for verify and restore
  kWalk,
  kFill,
  kPress,
  kFrames,  // create: writes frames in sequence; verify and restore: reads, hashes, decompresses,
            // writes files
  kWriteQueue,
  kRows,  // reads a dump's rows
  kSync,
};
inline constexpr size_t kDelayedStages = 8;

struct DelayCounts {
  uint64_t crossings = 0;
  uint64_t crossings_after_interruption = 0;
  std::array<uint64_t, kDelayedStages> delays = {};  // by stage
};

// There are delays while one lives; one at a time. Made by the thread that then calls into ingot,
// while no other thread of ingot's runs.
class Delays {
 public:
  // `interrupt_at`: at which crossing io::SetInterrupted(true) is called; 0: never.
  explicit Delays(uint64_t seed, uint64_t interrupt_at = 0);
  ~Delays();  // ends them, and any interruption
  Delays(const Delays&) = delete;

  DelayCounts counts() const;
};

}  // namespace ingot
