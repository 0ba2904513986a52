#include "tests/core/salvage/damage.h"

#include <limits.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/format/frame.h"
#include "io/status.h"
#include "tests/core/container/container_fixture.h"
#include "tests/servers.h"
#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<RestoreSummary> RestoreInto(const Container& container,
                                           const std::string& directory) {
  RestoreOptions options;
  options.directory = directory;
  options.threads = 2;
  RestoreProgress progress;
  return Restore(container, options, &progress);
}

// Changes of directories' times and modes are not told apart: what is above a lost member has none.
std::string Describe(const fs::directory_entry& entry) {
  if (entry.path().native().size() >= PATH_MAX) return "too deep for a path";
  struct stat stat {};
  INGOT_CHECK(lstat(entry.path().c_str(), &stat) == 0);
  if (S_ISDIR(stat.st_mode)) return "directory";
  const std::string facts = absl::StrCat(stat.st_mode, " ", stat.st_uid, " ", stat.st_gid, " ",
                                         stat.st_mtim.tv_sec, ".", stat.st_mtim.tv_nsec, " ");
  if (S_ISLNK(stat.st_mode)) return absl::StrCat(facts, fs::read_symlink(entry.path()).string());
  if (!S_ISREG(stat.st_mode)) return absl::StrCat(facts, stat.st_rdev);
  const std::string content = ReadFile(entry.path().string());
  return absl::StrCat(facts, content.size(), " bytes ", HashBytes(content).Hex());
}

}  // namespace

TreeContent ReadTree(const std::string& directory) {
  TreeContent tree;
  if (!fs::exists(directory)) return tree;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    tree[entry.path().lexically_relative(directory).string()] = Describe(entry);
  }
  return tree;
}

KnownContainer Know(std::string bytes) {
  KnownContainer known;
  ScratchDirectory scratch;
  const std::unique_ptr<Container> container = OpenBytes(bytes, scratch / "c");
  INGOT_CHECK(RestoreInto(*container, scratch / "out").value().problems.empty());
  known.tree = ReadTree(scratch / "out");
  known.bytes = std::move(bytes);

  std::vector<IndexEntry> entries;
  INGOT_CHECK(container
                  ->ForEachEntry([&entries](const IndexEntry& entry) {
                    entries.push_back(entry);
                    return absl::OkStatus();
                  })
                  .ok());
  for (size_t i = 0; i < entries.size(); ++i) {
    const IndexEntry& entry = entries[i];
    // Where the next member begins in a frame of its own, this one ends in the frame before it.
    uint64_t last = entry.frame;
    if (i + 1 == entries.size()) {
      last = container->frames().size() - 1;
    } else if (entries[i + 1].frame > entry.frame) {
      last = entries[i + 1].frame - 1;
    }
    for (uint64_t frame = entry.frame; frame <= last; ++frame) {
      const FrameInfo& info = container->frames()[frame];
      known.members[entry.path].push_back({info.offset, info.offset + info.stored_bytes,
                                           info.offset + info.stored_bytes + kLabelFixedBytes,
                                           frame > entry.frame});
    }
    if (entry.type == MemberType::kHardLink) known.carriers[entry.path] = entry.link_target;
  }
  return known;
}

bool IsWhole(const KnownContainer& known, absl::string_view bytes, const std::string& path,
             bool with_labels) {
  for (const KnownContainer::Place& place : known.members.at(path)) {
    const uint64_t end = place.slice && with_labels ? place.label_end : place.end;
    if (end > bytes.size() ||
        bytes.substr(place.begin, end - place.begin) !=
            absl::string_view(known.bytes).substr(place.begin, end - place.begin)) {
      return false;
    }
  }
  const auto carrier = known.carriers.find(path);
  return carrier == known.carriers.end() || IsWhole(known, bytes, carrier->second, with_labels);
}

SalvageResult SalvageFile(const std::string& path, const std::string& target) {
  SalvageResult result;
  ScratchDirectory spool;
  SalvageOptions options;
  options.threads = 2;
  options.spool_directory = spool.path();
  VerifyProgress progress;
  absl::StatusOr<Salvaged> salvaged = Salvage(
      path, options, &progress, [&result](const Loss& loss) { result.told.insert(loss.path); });
  result.status = salvaged.status();
  if (!salvaged.ok()) return result;
  result.report = salvaged->report;
  const absl::StatusOr<RestoreSummary> summary = RestoreInto(*salvaged->container, target);
  result.status = summary.status();
  if (!summary.ok()) return result;
  for (const RestoreProblem& problem : summary->problems) {
    if (problem.kind != RestoreProblemKind::kMetadata) result.told.insert(problem.path);
  }
  result.tree = ReadTree(target);
  return result;
}

SalvageResult SalvageBytes(absl::string_view bytes) {
  const ServerDirectory scratch;  // in memory: nothing waits for a disk
  WriteFile(scratch / "c", std::string(bytes));
  return SalvageFile(scratch / "c", scratch / "out");
}

SalvageResult ExpectExactSalvage(const KnownContainer& known, absl::string_view bytes) {
  const SalvageResult result = SalvageBytes(bytes);
  if (!result.status.ok()) {
    EXPECT_TRUE(absl::IsDataLoss(result.status)) << result.status;
  }
  for (const auto& [path, places] : known.members) {
    const auto restored = result.tree.find(path);
    if (IsWhole(known, bytes, path)) {
      EXPECT_NE(restored, result.tree.end()) << path << " was not brought back";
      if (restored != result.tree.end()) {
        EXPECT_EQ(restored->second, known.tree.at(path)) << path;
      }
      EXPECT_FALSE(result.told.contains(path)) << path;
      continue;
    }
    // What lost labels only, the index can prove.
    if (restored != result.tree.end() && !result.told.contains(path) &&
        IsWhole(known, bytes, path, /*with_labels=*/false)) {
      EXPECT_EQ(restored->second, known.tree.at(path)) << path;
      continue;
    }
    // A directory that is lost as a member is made all the same for what lies in it.
    EXPECT_TRUE(restored == result.tree.end() || restored->second == "directory") << path;
    // Where a part of the index is lost, a name can be known from nowhere.
    EXPECT_FALSE(result.report.NothingLost() && !result.told.contains(path)) << path;
    if (result.report.index_complete) {
      EXPECT_TRUE(result.told.contains(path)) << path << " is lost without a word";
    }
  }
  for (const auto& [path, content] : result.tree) {
    EXPECT_TRUE(known.tree.contains(path)) << path << " came from nowhere";
  }
  for (const std::string& path : result.told) {
    EXPECT_TRUE(known.members.contains(path)) << path << " was never there";
  }
  return result;
}

}  // namespace ingot
