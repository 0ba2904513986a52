#include "tools/solr/index_watch.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/directory.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr char kSnapshotPrefix[] = "snapshot.";

}  // namespace

// What vanishes while it is looked at is left out, and so a change.
absl::Status IndexWatch::AddEntries(const std::string& directory, bool snapshots_only,
                                    Traces* traces) {
  const absl::StatusOr<io::DirectoryNames> names = io::ReadDirectoryPath(directory);
  if (absl::IsNotFound(names.status())) return absl::OkStatus();
  INGOT_RETURN_IF_ERROR(names.status());
  for (size_t i = 0; i < names->size(); ++i) {
    if (snapshots_only && !absl::StartsWith((*names)[i], kSnapshotPrefix)) continue;
    std::string path = absl::StrCat(directory, "/", (*names)[i]);
    const absl::StatusOr<io::FileStat> stat = io::StatAt(io::kWorkingDirectory, path);
    if (absl::IsNotFound(stat.status())) continue;
    INGOT_RETURN_IF_ERROR(stat.status());
    if (traces->size() >= kEntriesMax) {
      return absl::FailedPreconditionError(
          absl::StrCat(directory, " holds more than ", kEntriesMax,
                       " files: name the directory of the index's snapshots alone"));
    }
    (*traces)[std::move(path)] = {stat->inode, stat->size, stat->mtime, stat->ctime};
  }
  return absl::OkStatus();
}

absl::Status IndexWatch::TakeOne(const std::string& location, Traces* traces) {
  Traces snapshots;
  INGOT_RETURN_IF_ERROR(AddEntries(location, true, &snapshots));
  for (const auto& [path, trace] : snapshots) {
    const absl::StatusOr<io::FileStat> stat = io::StatPath(path);
    if (absl::IsNotFound(stat.status())) continue;
    INGOT_RETURN_IF_ERROR(stat.status());
    if (!stat->IsDirectory()) continue;
    INGOT_RETURN_IF_ERROR(AddEntries(path, false, traces));
  }
  traces->insert(snapshots.begin(), snapshots.end());
  return absl::OkStatus();
}

absl::StatusOr<IndexWatch::Traces> IndexWatch::Take(const std::vector<std::string>& locations) {
  Traces traces;
  for (const std::string& location : locations) {
    INGOT_RETURN_IF_ERROR(TakeOne(location, &traces));
  }
  return traces;
}

absl::StatusOr<IndexWatch> IndexWatch::Begin(std::vector<std::string> locations) {
  IndexWatch watch;
  watch.locations_ = std::move(locations);
  INGOT_ASSIGN_OR_RETURN(watch.traces_, Take(watch.locations_));
  return watch;
}

absl::StatusOr<std::string> IndexWatch::Check() const {
  INGOT_ASSIGN_OR_RETURN(const Traces now, Take(locations_));
  if (now == traces_) return std::string();
  constexpr char kCause[] = ": an index backup has run meanwhile";
  for (const auto& [path, trace] : now) {
    const auto before = traces_.find(path);
    if (before == traces_.end()) return absl::StrCat(path, " has appeared", kCause);
  }
  for (const auto& [path, trace] : traces_) {
    const auto after = now.find(path);
    if (after == now.end()) return absl::StrCat(path, " has vanished", kCause);
    if (!(after->second == trace)) return absl::StrCat(path, " has changed", kCause);
  }
  return std::string();
}

}  // namespace ingot
