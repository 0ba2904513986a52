#include "tools/backup/earlier_runs.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/container/container.h"
#include "core/container/read_member.h"
#include "core/json.h"
#include "core/manifest.h"
#include "io/directory.h"
#include "io/file_stat.h"
#include "io/interruption.h"

namespace ingot {
namespace {

constexpr char kSuffix[] = ".tar.zst";

struct Candidate {
  std::string path;
  io::Timestamp mtime;
};

struct Run {
  io::Timestamp started;
  absl::Duration run;
  absl::Duration index;
  EarlierBackup backup;
};

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Newest first, as the file system tells.
absl::StatusOr<std::vector<Candidate>> FindCandidates(const std::string& directory) {
  std::vector<Candidate> candidates;
  const absl::StatusOr<io::DirectoryNames> names = io::ReadDirectoryPath(directory);
  if (!names.ok()) return names.status();
  int looked_at = 0;
  for (size_t i = 0; i < names->size() && looked_at < kEarlierNamesMax; ++i) {
    if (!absl::EndsWith((*names)[i], kSuffix)) continue;
    ++looked_at;
    std::string path = absl::StrCat(directory, "/", (*names)[i]);
    const absl::StatusOr<io::FileStat> stat = io::StatPath(path);
    // A pipe or a device is not even opened.
    if (stat.ok() && stat->IsRegular()) candidates.push_back({std::move(path), stat->mtime});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(b.mtime, a.path) < std::tie(a.mtime, b.path);
  });
  return candidates;
}

std::optional<Manifest> ReadManifest(const std::string& path, uint64_t* file_bytes) {
  const absl::StatusOr<std::unique_ptr<Container>> container = Container::Open(path);
  if (!container.ok()) return std::nullopt;
  *file_bytes = (*container)->file_bytes();
  const absl::StatusOr<std::optional<IndexEntry>> entry = FindManifest(**container);
  if (!entry.ok() || !entry->has_value()) return std::nullopt;
  const absl::StatusOr<std::string> json = ReadSmallMember(**container, **entry, kManifestBytesMax);
  if (!json.ok()) return std::nullopt;
  absl::StatusOr<Manifest> manifest = ParseManifest(*json);
  if (!manifest.ok()) return std::nullopt;
  return *std::move(manifest);
}

// By the boot clock, which nobody sets; nothing for what cannot be.
std::optional<absl::Duration> Between(uint64_t started_ns, uint64_t finished_ns) {
  const auto longest = static_cast<uint64_t>(absl::ToInt64Nanoseconds(kEarlierRunMax));
  if (finished_ns < started_ns || finished_ns - started_ns > longest) return std::nullopt;
  return absl::Nanoseconds(static_cast<int64_t>(finished_ns - started_ns));
}

std::optional<Run> RunOf(const Manifest& manifest) {
  if (manifest.stages.empty() || !CheckStageOrder(manifest).ok()) return std::nullopt;
  const ManifestStage& first = manifest.stages.front();
  std::optional<absl::Duration> index = absl::ZeroDuration();
  for (const ManifestStage& stage : manifest.stages) {
    if (stage.kind == StageKind::kIndex) {
      index = Between(first.started_boot_ns, stage.finished_boot_ns);
    }
  }
  const std::optional<absl::Duration> run =
      Between(first.started_boot_ns, manifest.stages.back().finished_boot_ns);
  if (!run.has_value() || !index.has_value()) return std::nullopt;
  return Run{.started = first.started, .run = *run, .index = *index, .backup = {}};
}

bool IsSame(const Manifest& manifest, const EarlierRunsQuery& query) {
  // A manifest has its strings as UTF-8.
  if (manifest.host != ToUtf8(query.host) || manifest.source != ToUtf8(query.source) ||
      manifest.properties_file != ToUtf8(query.properties_file)) {
    return false;
  }
  if (!query.properties_file.empty()) return true;
  return std::any_of(
      manifest.stages.begin(), manifest.stages.end(), [&query](const ManifestStage& stage) {
        return stage.kind == StageKind::kContent && stage.source == ToUtf8(query.content);
      });
}

}  // namespace

EarlierRuns FindEarlierRuns(const EarlierRunsQuery& query) {
  EarlierRuns earlier;
  if (query.output == "-") return earlier;
  std::vector<Run> runs;
  int opened = 0;
  const absl::StatusOr<std::vector<Candidate>> candidates =
      FindCandidates(DirectoryOf(query.output));
  if (!candidates.ok()) {
    earlier.listed = candidates.status();
    return earlier;
  }
  for (const Candidate& candidate : *candidates) {
    if (opened++ >= kEarlierFilesOpenedMax || io::Interrupted()) break;
    uint64_t bytes = 0;
    const std::optional<Manifest> manifest = ReadManifest(candidate.path, &bytes);
    if (!manifest.has_value() || !IsSame(*manifest, query)) continue;
    std::optional<Run> run = RunOf(*manifest);
    if (!run.has_value()) continue;
    run->backup = {candidate.path, bytes};
    runs.push_back(*std::move(run));
  }
  // A file's own time may be that of its copy: the manifest's counts.
  std::sort(runs.begin(), runs.end(),
            [](const Run& a, const Run& b) { return b.started < a.started; });
  for (const Run& run : runs) {
    if (earlier.count == kEarlierRunsMax) break;
    ++earlier.count;
    earlier.run = std::max(earlier.run, run.run);
    earlier.index = std::max(earlier.index, run.index);
    if (!earlier.largest.has_value() || run.backup.bytes > earlier.largest->bytes) {
      earlier.largest = run.backup;
    }
  }
  return earlier;
}

}  // namespace ingot
