#include "tools/preflight/earlier_backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/container/container.h"
#include "core/container/read_member.h"
#include "core/manifest.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr absl::string_view kSuffix = ".tar.zst";

struct Candidate {
  int64_t mtime = 0;
  std::string name;
  auto operator<=>(const Candidate&) const = default;
};

std::vector<Candidate> Candidates(const std::string& directory) {
  std::vector<Candidate> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
  if (stream == nullptr) return found;
  for (size_t seen = 0; seen < kEarlierNamesMax; ++seen) {
    const struct dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    struct stat status;
    if (!absl::EndsWith(entry->d_name, kSuffix) ||
        fstatat(dirfd(stream.get()), entry->d_name, &status, 0) != 0 || !S_ISREG(status.st_mode)) {
      continue;
    }
    found.push_back({status.st_mtim.tv_sec, entry->d_name});
  }
  std::sort(found.begin(), found.end(), std::greater<Candidate>());
  if (found.size() > kEarlierOpenedMax) found.resize(kEarlierOpenedMax);
  return found;
}

bool IsOfTheSame(const Manifest& manifest, const BackupPlan& plan) {
  if (manifest.source != plan.source || manifest.properties_file != plan.properties_file) {
    return false;
  }
  if (!plan.properties_file.empty()) return true;
  return std::any_of(manifest.stages.begin(), manifest.stages.end(),
                     [&](const ManifestStage& stage) {
                       return stage.kind == StageKind::kContent && !plan.content.empty() &&
                              stage.source == plan.content[0].source_path;
                     });
}

absl::StatusOr<Manifest> ReadManifest(const Container& container) {
  INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> entry, FindManifest(container));
  if (!entry.has_value()) return absl::NotFoundError("no backup");
  INGOT_ASSIGN_OR_RETURN(const std::string json,
                         ReadSmallMember(container, *entry, kManifestBytesMax));
  return ParseManifest(json);
}

}  // namespace

std::optional<EarlierBackup> FindEarlierBackup(const std::string& directory,
                                               const BackupPlan& plan) {
  std::optional<EarlierBackup> largest;
  for (const Candidate& candidate : Candidates(directory)) {
    const std::string path = absl::StrCat(directory, "/", candidate.name);
    const absl::StatusOr<std::unique_ptr<Container>> container = Container::Open(path);
    if (!container.ok()) continue;
    const uint64_t bytes = (*container)->file_bytes();
    if (largest.has_value() && bytes <= largest->bytes) continue;
    const absl::StatusOr<Manifest> manifest = ReadManifest(**container);
    if (manifest.ok() && IsOfTheSame(*manifest, plan)) largest = EarlierBackup{path, bytes};
  }
  return largest;
}

}  // namespace ingot
