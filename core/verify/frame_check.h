// One frame, compared with what the index says begins in it.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "core/container/container.h"
#include "core/container/frame_jobs.h"
#include "core/container/sliced_member.h"
#include "core/verify/damage_log.h"

namespace ingot {

// A frame with the members that it shares with others.
struct FrameCheckJob {
  FrameJob plan;
  std::shared_ptr<SlicedMember> continuing;  // from earlier frames; set if plan.begins_inside
  std::shared_ptr<SlicedMember> beginning;   // the last entry, when it goes on in later frames
};

// Everything: hashes, checksums, headers one after the other without a gap, padding, digests.
// Damage is logged; errors are those after which reading makes no sense.
absl::Status CheckFrame(const Container& container, const FrameCheckJob& job, FrameScratch* scratch,
                        DamageLog* log);

// The label alone.
absl::Status CheckFrameLabel(const Container& container, const FrameCheckJob& job, DamageLog* log);

}  // namespace ingot
