#include "core/restore/directory_maker.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kUnfinishedMode = 0700;
constexpr uint32_t kUnknownMode = 0777;  // the umask cuts it

bool IsAtOrAbove(absl::string_view directory, absl::string_view path) {
  return directory == path || LiesBelow(path, directory);
}

}  // namespace

void DirectoryMaker::Assume(std::string known, std::string also_known) {
  known_ = std::move(known);
  also_known_ = std::move(also_known);
}

bool DirectoryMaker::IsKnown(absl::string_view path) const {
  return path.empty() || IsAtOrAbove(path, known_) || IsAtOrAbove(path, also_known_);
}

absl::StatusOr<io::TargetTree::Made> DirectoryMaker::MakeOne(absl::string_view path,
                                                             uint32_t mode) {
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd parent, directories_.Open(ParentPath(path)));
  INGOT_ASSIGN_OR_RETURN(const io::TargetTree::Made made,
                         session_->tree->MakeDirectory(parent, std::string(LastComponent(path)),
                                                       mode, session_->options->replace, path));
  known_ = std::string(path);
  return made;
}

absl::StatusOr<uint32_t> DirectoryMaker::ImpliedMode(absl::string_view path) const {
  const std::string& root = session_->options->root;
  const std::string member = root.empty() ? std::string(path) : absl::StrCat(root, "/", path);
  const absl::StatusOr<std::optional<IndexEntry>> entry = session_->container->Find(member);
  if (absl::IsDataLoss(entry.status())) return kUnfinishedMode;  // that part of the index is lost
  INGOT_RETURN_IF_ERROR(entry.status());
  if (entry->has_value()) return ((*entry)->mode & kUnknownMode) | kUnfinishedMode;
  return session_->container->assembled() ? kUnfinishedMode : kUnknownMode;
}

absl::Status DirectoryMaker::MakeParents(absl::string_view path) {
  if (IsKnown(ParentPath(path))) return absl::OkStatus();
  for (size_t slash = path.find('/'); slash != absl::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const absl::string_view above = path.substr(0, slash);
    if (IsKnown(above)) continue;
    INGOT_ASSIGN_OR_RETURN(const uint32_t mode, ImpliedMode(above));
    INGOT_RETURN_IF_ERROR(MakeOne(above, mode).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<io::TargetTree::Made> DirectoryMaker::Make(absl::string_view path) {
  INGOT_RETURN_IF_ERROR(MakeParents(path));
  return MakeOne(path, kUnfinishedMode);
}

}  // namespace ingot
