#include "core/verify/manifest_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/json.h"
#include "io/status.h"

namespace ingot {
namespace {

struct Found {
  uint64_t members = 0;
  uint64_t bytes = 0;
};

// The stage whose frames hold `frame`; stages.size() for none. Stages are in the order of their
// frames.
size_t StageOf(const std::vector<ManifestStage>& stages, uint64_t frame) {
  const auto after = std::upper_bound(
      stages.begin(), stages.end(), frame,
      [](uint64_t wanted, const ManifestStage& stage) { return wanted < stage.end_frame; });
  if (after == stages.end() || frame < after->first_frame) return stages.size();
  return static_cast<size_t>(after - stages.begin());
}

bool Belongs(const std::string& path, const std::string& root) {
  // JSON cannot hold bytes that are not UTF-8: the manifest has them replaced.
  const std::string readable = IsValidUtf8(path) ? path : ToUtf8(path);
  return readable == root || LiesBelow(readable, root);
}

absl::Status Disproved(const ManifestStage& stage, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(kManifestMember, ": stage ", stage.name, " ", what));
}

}  // namespace

absl::Status CheckStagePlaces(const Container& container, const Manifest& manifest) {
  const std::vector<ManifestStage>& stages = manifest.stages;
  std::vector<Found> found(stages.size());
  INGOT_RETURN_IF_ERROR(container.ForEachEntry([&](const IndexEntry& entry) {
    const size_t at = StageOf(stages, entry.frame);
    for (size_t i = 0; i < stages.size(); ++i) {
      if (i != at && Belongs(entry.path, stages[i].name)) {
        return Disproved(stages[i], absl::StrCat("has ", entry.path, " outside its frames"));
      }
    }
    if (at == stages.size()) return absl::OkStatus();
    if (!Belongs(entry.path, stages[at].name)) {
      return Disproved(stages[at], absl::StrCat("has ", entry.path, " in its frames"));
    }
    ++found[at].members;
    found[at].bytes += entry.size;
    return absl::OkStatus();
  }));
  for (size_t i = 0; i < stages.size(); ++i) {
    if (stages[i].end_frame > container.frames().size()) {
      return Disproved(stages[i], "ends behind the last frame");
    }
    if (found[i].members != stages[i].members || found[i].bytes != stages[i].bytes) {
      return Disproved(stages[i], absl::StrCat("has ", found[i].members, " members of ",
                                               found[i].bytes, " bytes, but says ",
                                               stages[i].members, " and ", stages[i].bytes));
    }
  }
  return absl::OkStatus();
}

}  // namespace ingot
