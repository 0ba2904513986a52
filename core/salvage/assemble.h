// Frames found apart become a container: in the order of their paths, with an index made anew.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/glob.h"
#include "core/salvage/file_parts.h"
#include "core/salvage/salvage.h"
#include "core/salvage/surviving_index.h"
#include "io/readable_file.h"

namespace ingot {

// Counts and tells what is lost, each loss once.
class LossLog {
 public:
  LossLog(const GlobSet* patterns, SalvageReport* report, TellLoss tell)
      : patterns_(patterns), report_(report), tell_(tell) {}
  void Tell(LossKind kind, const std::string& path, const std::string& what);

 private:
  const GlobSet* const patterns_;
  SalvageReport* const report_;
  const TellLoss tell_;
};

struct Assembly {
  std::vector<FrameInfo> frames;
  std::vector<FrameLabel> labels;
  IndexRoot root;
  std::unique_ptr<io::Spool> blocks;
  // SlicedMemberId of members of which slices are left over.
  absl::flat_hash_set<std::array<uint8_t, kDigestBytes>> stray_members;
};

// Of several members of one path the one is taken that an index names, else the first in the file.
// A sliced member of which a slice is missing is left out; so is what EntryCheck refuses. Changes
// the frames.
absl::StatusOr<Assembly> AssembleParts(const io::ReadableFile& file, const SalvageOptions& options,
                                       FileParts* parts, SurvivingIndex* index,
                                       SalvageReport* report, LossLog* log);

}  // namespace ingot
