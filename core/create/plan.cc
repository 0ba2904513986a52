#include "core/create/plan.h"

#include <utility>

#include "core/format/tar.h"

namespace ingot {
namespace {

// pax header, its records, ustar header: nearly every member has a fractional mtime.
constexpr uint64_t kHeaderEstimateBytes = 3 * kTarBlockBytes;
// Past this a name needs a pax record of its own length.
constexpr size_t kUstarNameBytes = 100;

bool IsRepeatedLink(const Entry& entry) {
  return entry.link != nullptr && entry.link->previous != nullptr;
}

}  // namespace

uint64_t EstimateStreamBytes(const Entry& entry) {
  uint64_t bytes = kHeaderEstimateBytes;
  if (entry.member_path.size() > kUstarNameBytes) {
    bytes += entry.member_path.size() + TarPadding(entry.member_path.size());
  }
  if (entry.stat.IsRegular() && !IsRepeatedLink(entry)) {
    bytes += entry.stat.size + TarPadding(entry.stat.size);
  }
  return bytes;
}

bool Planner::IsLarge(const Entry& entry) const {
  return EstimateStreamBytes(entry) > frame_bytes_;
}

std::optional<FramePlan> Planner::Add(Entry entry) {
  const uint64_t bytes = EstimateStreamBytes(entry);
  const bool opens = plan_.empty() || plan_.back().parent != entry.parent;
  const size_t directories = (opens ? 1 : 0) + (entry.self != nullptr ? 1 : 0);
  std::optional<FramePlan> complete;
  if (!plan_.empty() && (plan_bytes_ + bytes > frame_bytes_ || plan_.size() == kFrameMembersMax ||
                         plan_directories_ + directories > kFrameDirectoriesMax)) {
    complete = Flush();
  }
  plan_.push_back(std::move(entry));
  plan_bytes_ += bytes;
  plan_directories_ += directories;
  return complete;
}

FramePlan Planner::Flush() {
  plan_bytes_ = 0;
  plan_directories_ = 0;
  return std::exchange(plan_, FramePlan());
}

}  // namespace ingot
