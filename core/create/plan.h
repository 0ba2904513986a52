// Which members share a frame. Serial, and a function of the walk's order and sizes alone: this is
// what makes the bytes independent of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/create/entry.h"

namespace ingot {

// Whole members of one frame, at most (by their sizes at the time of the walk) `frame_bytes` of
// stream.
using FramePlan = std::vector<Entry>;

inline constexpr size_t kFrameMembersMax = 1024;
// Each entry holds its directory open.
inline constexpr size_t kFrameDirectoriesMax = 256;

class Planner {
 public:
  explicit Planner(uint64_t frame_bytes) : frame_bytes_(frame_bytes) {}

  // Whether the member is cut into slices that have frames of their own.
  bool IsLarge(const Entry& entry) const;
  // Takes the next member, which is not large, and returns the plan that it completes, if any.
  std::optional<FramePlan> Add(Entry entry);
  // The plan begun so far; empty when there is none. Called before a large member and at the end.
  FramePlan Flush();

 private:
  const uint64_t frame_bytes_;
  FramePlan plan_;
  uint64_t plan_bytes_ = 0;
  size_t plan_directories_ = 0;
};

// What the member will take in the stream, going by the walk.
uint64_t EstimateStreamBytes(const Entry& entry);

}  // namespace ingot
