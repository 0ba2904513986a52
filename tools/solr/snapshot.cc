#include "tools/solr/snapshot.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "io/directory.h"
#include "io/readable_file.h"
#include "io/status.h"
#include "tools/solr/lucene_commit.h"

namespace ingot {
namespace {

constexpr absl::string_view kSnapshotPrefix = "snapshot.";
constexpr absl::string_view kSegmentsPrefix = "segments_";
constexpr absl::string_view kInfoExtension = ".si";
constexpr size_t kGenerationDigitsMax = 13;  // 2^63 in base 36
constexpr size_t kSolr3TimeDigits = 14;
constexpr size_t kDateDigits = 8;

// Files that a commit does not list.
bool IsBeside(absl::string_view name) {
  return name == "segments.gen" || absl::EndsWith(name, ".lock");
}

// Generations are base 36 without leading zeros: the longer is the larger.
bool IsLaterGeneration(absl::string_view left, absl::string_view right) {
  return std::make_pair(left.size(), left) > std::make_pair(right.size(), right);
}

class Inspector {
 public:
  explicit Inspector(std::string directory) : directory_(std::move(directory)) {}

  absl::Status List() {
    INGOT_ASSIGN_OR_RETURN(const io::FileStat own, io::StatPath(directory_));
    state_.newest_mtime = own.mtime;
    INGOT_ASSIGN_OR_RETURN(const io::DirectoryNames names, io::ReadDirectoryPath(directory_));
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string name(names[i]);
      const absl::StatusOr<io::FileStat> stat =
          io::StatAt(io::kWorkingDirectory, absl::StrCat(directory_, "/", name));
      INGOT_RETURN_IF_ERROR(stat.status());
      state_.newest_mtime = std::max(state_.newest_mtime, stat->mtime);
      if (!stat->IsRegular() || IsBeside(name)) continue;
      sizes_[name] = stat->size;
      state_.bytes += stat->size;
      if (absl::StartsWith(name, kSegmentsPrefix)) NoteCommit(name);
    }
    state_.files = sizes_.size();
    return absl::OkStatus();
  }

  absl::Status Check() {
    if (sizes_.empty()) return Miss("it is empty");
    if (generation_.empty()) return Miss("it has no segments file");
    const std::string name = absl::StrCat(kSegmentsPrefix, generation_);
    INGOT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                           Read(name, kLuceneSegmentsBytesMax));
    if (!bytes.has_value()) return absl::OkStatus();
    const absl::StatusOr<LuceneCommit> commit = ParseLuceneCommit(*bytes);
    if (!commit.ok()) return Miss(absl::StrCat(name, ": ", commit.status().message()));
    state_.proved = commit->understood && commit->footers;
    if (!commit->understood) return CheckAllFooters(commit->footers);
    for (const LuceneSegment& segment : commit->segments) {
      INGOT_RETURN_IF_ERROR(CheckSegment(segment, commit->footers));
      if (!state_.incomplete.empty()) return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  SnapshotState TakeState() { return std::move(state_); }

 private:
  absl::Status Miss(std::string why) {
    state_.incomplete = std::move(why);
    state_.proved = false;
    return absl::OkStatus();
  }

  void NoteCommit(absl::string_view name) {
    name.remove_prefix(kSegmentsPrefix.size());
    const bool valid = !name.empty() && name.size() <= kGenerationDigitsMax &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return absl::ascii_isdigit(c) || absl::ascii_islower(c);
                       });
    if (valid && (generation_.empty() || IsLaterGeneration(name, generation_))) {
      generation_ = std::string(name);
    }
  }

  // Nothing when it is missing or too large, which is noted.
  absl::StatusOr<std::optional<std::string>> Read(const std::string& name, size_t bytes_max) {
    const auto found = sizes_.find(name);
    if (found == sizes_.end()) {
      INGOT_RETURN_IF_ERROR(Miss(absl::StrCat(name, " is missing")));
      return std::nullopt;
    }
    INGOT_ASSIGN_OR_RETURN(const io::ReadableFile file,
                           io::ReadableFile::Open(absl::StrCat(directory_, "/", name)));
    if (file.size() > bytes_max) {
      INGOT_RETURN_IF_ERROR(Miss(absl::StrCat(name, " is too large to be Lucene's")));
      return std::nullopt;
    }
    std::string bytes(file.size(), '\0');
    INGOT_RETURN_IF_ERROR(file.ReadAt(0, absl::MakeSpan(bytes.data(), bytes.size())));
    return bytes;
  }

  absl::Status CheckFile(const std::string& name, bool footer) {
    const auto found = sizes_.find(name);
    if (found == sizes_.end()) return Miss(absl::StrCat(name, " is missing"));
    if (found->second == 0) return Miss(absl::StrCat(name, " is empty"));
    if (!footer) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const io::ReadableFile file,
                           io::ReadableFile::Open(absl::StrCat(directory_, "/", name)));
    std::string last(std::min<uint64_t>(file.size(), kLuceneFooterBytes), '\0');
    INGOT_RETURN_IF_ERROR(
        file.ReadAt(file.size() - last.size(), absl::MakeSpan(last.data(), last.size())));
    if (!IsLuceneFooter(last)) return Miss(absl::StrCat(name, " is cut off: it has no footer"));
    return absl::OkStatus();
  }

  // A newer Lucene's: whatever is there must have been ended.
  absl::Status CheckAllFooters(bool footers) {
    for (const auto& [name, size] : sizes_) {
      INGOT_RETURN_IF_ERROR(CheckFile(name, footers));
      if (!state_.incomplete.empty()) break;
    }
    return absl::OkStatus();
  }

  absl::Status CheckSegment(const LuceneSegment& segment, bool footers) {
    std::vector<std::string> files = segment.files;
    bool segment_footers = footers;
    if (segment.has_info) {
      const std::string name = absl::StrCat(segment.name, kInfoExtension);
      INGOT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                             Read(name, kLuceneInfoBytesMax));
      if (!bytes.has_value()) return absl::OkStatus();
      absl::StatusOr<LuceneSegmentInfo> info = ParseLuceneSegmentInfo(*bytes);
      if (!info.ok()) return Miss(absl::StrCat(name, ": ", info.status().message()));
      segment_footers = info->footers;
      files.insert(files.end(), info->files.begin(), info->files.end());
      state_.proved = state_.proved && info->footers && info->understood;
    }
    if (!segment.deletions.empty()) {
      const std::string since_5 = segment.deletions + ".liv";
      files.push_back(sizes_.contains(since_5) ? since_5 : segment.deletions + ".del");
    }
    for (const std::string& name : files) {
      INGOT_RETURN_IF_ERROR(CheckFile(name, segment_footers));
      if (!state_.incomplete.empty()) break;
    }
    return absl::OkStatus();
  }

  const std::string directory_;
  std::map<std::string, uint64_t> sizes_;
  std::string generation_;
  SnapshotState state_;
};

}  // namespace

absl::StatusOr<SnapshotState> InspectSnapshot(const std::string& directory) {
  Inspector inspector(directory);
  INGOT_RETURN_IF_ERROR(inspector.List());
  INGOT_RETURN_IF_ERROR(inspector.Check());
  return inspector.TakeState();
}

absl::StatusOr<std::vector<std::string>> ListSnapshots(const std::string& location) {
  INGOT_ASSIGN_OR_RETURN(const io::DirectoryNames names, io::ReadDirectoryPath(location));
  // Whether it is a time, its day, the directory's time where the hours are ambiguous, the name.
  std::vector<std::tuple<bool, std::string, io::Timestamp, std::string>> snapshots;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!absl::StartsWith(names[i], kSnapshotPrefix)) continue;
    const std::string name(names[i]);
    const absl::StatusOr<io::FileStat> stat = io::StatPath(absl::StrCat(location, "/", name));
    if (absl::IsNotFound(stat.status())) continue;  // it has just been deleted
    INGOT_RETURN_IF_ERROR(stat.status());
    if (!stat->IsDirectory()) continue;
    const std::string time = name.substr(kSnapshotPrefix.size());
    const bool is_time =
        !time.empty() && std::all_of(time.begin(), time.end(), absl::ascii_isdigit);
    snapshots.emplace_back(is_time, is_time ? time.substr(0, kDateDigits) : "",
                           time.size() == kSolr3TimeDigits ? stat->mtime : io::Timestamp(), name);
  }
  std::sort(snapshots.begin(), snapshots.end(), std::greater<>());
  std::vector<std::string> result;
  for (auto& snapshot : snapshots) result.push_back(std::get<3>(std::move(snapshot)));
  return result;
}

}  // namespace ingot
