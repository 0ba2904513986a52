#include "core/join/content_files.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "core/format/digest.h"
#include "core/json.h"
#include "io/status.h"

namespace ingot {
namespace {

using Wanted = absl::FunctionRef<bool(absl::string_view)>;
using FoundFile = absl::FunctionRef<void(absl::string_view, const UrlTable::File&)>;

constexpr char kReplacement[] = "\xEF\xBF\xBD";

struct Place {
  StageRole role;
  absl::string_view path;  // below the root
};

// The path below `root`. JSON cannot hold bytes that are not UTF-8: a manifest has them replaced.
std::optional<absl::string_view> Below(absl::string_view path, const std::string& root) {
  if (absl::StartsWith(path, root)) {
    if (path.size() > root.size() && path[root.size()] == '/') return path.substr(root.size() + 1);
    return std::nullopt;
  }
  if (!absl::StrContains(root, kReplacement)) return std::nullopt;
  size_t end = 0;
  for (auto left = std::count(root.begin(), root.end(), '/'); left >= 0; --left) {
    end = path.find('/', end + (end > 0 ? 1 : 0));
    if (end == absl::string_view::npos) return std::nullopt;
  }
  if (ToUtf8(path.substr(0, end)) != root) return std::nullopt;
  return path.substr(end + 1);
}

class Search {
 public:
  Search(const std::vector<ContentRoot>& roots, Wanted wanted, FoundFile found)
      : roots_(roots), wanted_(wanted), found_(found) {
    has_store_ = std::any_of(roots.begin(), roots.end(), [](const ContentRoot& root) {
      return root.role == StageRole::kContentStore;
    });
  }

  absl::StatusOr<uint64_t> Run(const VisitEntries& visit_entries) {
    INGOT_RETURN_IF_ERROR(visit_entries([this](const IndexEntry& entry) {
      TakeEntry(entry);
      return absl::OkStatus();
    }));
    if (carriers_.empty()) return unwanted_;
    INGOT_RETURN_IF_ERROR(visit_entries([this](const IndexEntry& entry) {
      TakeCarrier(entry);
      return absl::OkStatus();
    }));
    INGOT_RETURN_IF_ERROR(visit_entries([this](const IndexEntry& entry) {
      TakeHardLink(entry);
      return absl::OkStatus();
    }));
    return unwanted_;
  }

 private:
  std::optional<Place> PlaceOf(absl::string_view path) const {
    for (const ContentRoot& root : roots_) {
      if (const std::optional<absl::string_view> below = Below(path, root.member_path)) {
        return Place{root.role, *below};
      }
    }
    return std::nullopt;
  }

  static UrlTable::File FileOf(const IndexEntry& entry) {
    return {.size = entry.size, .whole = !entry.cut && !entry.zero_filled && !entry.changed};
  }

  void TakeEntry(const IndexEntry& entry) {
    const bool regular = entry.type == MemberType::kRegular;
    if (!regular && entry.type != MemberType::kHardLink) return;
    const std::optional<Place> place = PlaceOf(entry.path);
    if (!place.has_value()) return;
    if (!wanted_(place->path)) {
      const StageRole counted = has_store_ ? StageRole::kContentStore : StageRole::kOther;
      if (place->role == counted) ++unwanted_;
    } else if (regular) {
      Give(*place, FileOf(entry));
    } else {
      carriers_.try_emplace(HashBytes64(entry.link_target));
    }
  }

  void TakeCarrier(const IndexEntry& entry) {
    if (entry.type != MemberType::kRegular) return;
    const auto carrier = carriers_.find(HashBytes64(entry.path));
    if (carrier != carriers_.end()) carrier->second = FileOf(entry);
  }

  void TakeHardLink(const IndexEntry& entry) {
    if (entry.type != MemberType::kHardLink) return;
    const std::optional<Place> place = PlaceOf(entry.path);
    if (!place.has_value() || !wanted_(place->path)) return;
    const auto carrier = carriers_.find(HashBytes64(entry.link_target));
    if (carrier == carriers_.end() || !carrier->second.has_value()) return;
    Give(*place, *carrier->second);
  }

  void Give(const Place& place, UrlTable::File file) {
    // Where the server does not look a file is in the backup, but not in its place.
    file.deleted =
        place.role == StageRole::kDeletedContent || (has_store_ && place.role == StageRole::kOther);
    found_(place.path, file);
  }

  const std::vector<ContentRoot>& roots_;
  const Wanted wanted_;
  const FoundFile found_;
  bool has_store_ = false;
  uint64_t unwanted_ = 0;
  // Of wanted hard links, by the hash of their path; without a value: not seen.
  absl::flat_hash_map<uint64_t, std::optional<UrlTable::File>> carriers_;
};

}  // namespace

std::vector<ContentRoot> ContentRoots(const Manifest& manifest) {
  std::vector<ContentRoot> roots;
  for (const ManifestStage& stage : manifest.stages) {
    if (stage.kind == StageKind::kContent) roots.push_back({stage.name, stage.role});
  }
  return roots;
}

absl::StatusOr<uint64_t> ForEachContentFile(const std::vector<ContentRoot>& roots,
                                            const VisitEntries& visit_entries, Wanted wanted,
                                            FoundFile found) {
  return Search(roots, wanted, found).Run(visit_entries);
}

}  // namespace ingot
