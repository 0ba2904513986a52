#include "core/container/entry_check.h"

#include <optional>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/format/tar.h"
#include "io/status.h"

namespace ingot {
namespace {

absl::Status Refused(absl::string_view path, absl::string_view why) {
  return absl::DataLossError(absl::StrCat("member ", path, ": ", why, "; ingot never writes that"));
}

bool LiesInStream(const std::vector<FrameInfo>& frames, const IndexEntry& entry) {
  return entry.frame < frames.size() && entry.frame_offset % kTarBlockBytes == 0 &&
         entry.frame_offset < frames[entry.frame].content_bytes;
}

}  // namespace

absl::StatusOr<absl::string_view> RelativePath(absl::string_view member_path) {
  if (member_path == ".") return absl::string_view();
  const absl::string_view path = absl::StripPrefix(member_path, "./");
  if (absl::StartsWith(member_path, "/")) return Refused(member_path, "its path is absolute");
  if (member_path.find('\0') != absl::string_view::npos) {
    return Refused(member_path, "its path holds a NUL");
  }
  absl::string_view rest = path;
  while (true) {
    const size_t slash = rest.find('/');
    const absl::string_view component = rest.substr(0, slash);
    if (component.empty() || component == "." || component == "..") {
      return Refused(member_path, absl::StrCat("its path has the component \"", component, "\""));
    }
    if (slash == absl::string_view::npos) return path;
    rest.remove_prefix(slash + 1);
  }
}

absl::string_view ParentPath(absl::string_view relative_path) {
  const size_t slash = relative_path.rfind('/');
  return slash == absl::string_view::npos ? absl::string_view() : relative_path.substr(0, slash);
}

absl::string_view LastComponent(absl::string_view relative_path) {
  const size_t slash = relative_path.rfind('/');
  return slash == absl::string_view::npos ? relative_path : relative_path.substr(slash + 1);
}

bool LiesBelow(absl::string_view path, absl::string_view directory) {
  if (directory.empty()) return !path.empty();
  return path.size() > directory.size() && path[directory.size()] == '/' &&
         absl::StartsWith(path, directory);
}

absl::Status EntryCheck::CheckOrder(const IndexEntry& entry, bool run_begins) const {
  if (!LiesInStream(*frames_, entry)) {
    return Refused(entry.path, "its header lies outside the stream");
  }
  if (previous_path_.empty()) return absl::OkStatus();
  if (std::tie(entry.frame, entry.frame_offset) <=
      std::tie(previous_frame_, previous_frame_offset_)) {
    return Refused(entry.path, absl::StrCat("it does not lie behind ", previous_path_));
  }
  // Right behind what it lies below, as '/' sorts before every other byte.
  if (previous_type_ != MemberType::kDirectory && LiesBelow(entry.path, previous_path_)) {
    return Refused(entry.path, absl::StrCat("it lies below ", previous_path_, ", no directory"));
  }
  if (!run_begins && ComparePaths(previous_path_, entry.path) >= 0) {
    return Refused(entry.path, absl::StrCat("it is out of order behind ", previous_path_));
  }
  return absl::OkStatus();
}

absl::Status EntryCheck::Check(const IndexEntry& entry, bool run_begins) {
  INGOT_ASSIGN_OR_RETURN(const absl::string_view path, RelativePath(entry.path));
  if (path.empty() && entry.type != MemberType::kDirectory) {
    return Refused(entry.path, "it is no directory");
  }
  if (entry.type == MemberType::kHardLink) {
    INGOT_RETURN_IF_ERROR(
        Annotate(RelativePath(entry.link_target).status(), absl::StrCat("hard link ", entry.path)));
  }
  if (entry.type == MemberType::kSymlink &&
      (entry.link_target.empty() || entry.link_target.find('\0') != std::string::npos)) {
    return Refused(entry.path, "its link text is empty or holds a NUL");
  }
  INGOT_RETURN_IF_ERROR(CheckOrder(entry, run_begins));
  // Below a file or a link comes nothing else, so only the nearest such entry has to be kept.
  previous_path_ = entry.path;
  previous_type_ = entry.type;
  previous_frame_ = entry.frame;
  previous_frame_offset_ = entry.frame_offset;
  return absl::OkStatus();
}

absl::StatusOr<IndexEntry> FindCarrier(const Container& container, const IndexEntry& hard_link) {
  INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> carrier,
                         container.Find(hard_link.link_target));
  if (!carrier.has_value() && container.assembled()) {
    return absl::DataLossError(absl::StrCat("its carrier ", hard_link.link_target, " is lost"));
  }
  if (!carrier.has_value()) {
    return Refused(hard_link.path,
                   absl::StrCat("its carrier ", hard_link.link_target, " is not in the container"));
  }
  const bool earlier = std::tie(carrier->frame, carrier->frame_offset) <
                       std::tie(hard_link.frame, hard_link.frame_offset);
  if (carrier->type == MemberType::kHardLink || carrier->type == MemberType::kDirectory ||
      !(earlier || container.assembled())) {
    return Refused(hard_link.path,
                   absl::StrCat("its carrier ", hard_link.link_target,
                                " is no member before it that can have several names"));
  }
  // Its block may be one that nobody has looked at.
  if (!LiesInStream(container.frames(), *carrier)) {
    return Refused(carrier->path, "its header lies outside the stream");
  }
  return *carrier;
}

}  // namespace ingot
