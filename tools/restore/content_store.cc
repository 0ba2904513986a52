#include "tools/restore/content_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "io/file_stat.h"
#include "io/metadata.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kDirectoryMode = 0755;
constexpr char kHiddenSuffix[] = ".ingot-restore";

std::string PathAt(const io::SharedFd& directory, absl::string_view name) {
  return absl::StrCat("/proc/self/fd/", directory->get(), "/", name);
}

absl::Status CopyMetadata(const io::FileStat& from, const io::SharedFd& parent,
                          const std::string& name) {
  if (io::RunningAsRoot() &&
      fchownat(parent->get(), name.c_str(), from.uid, from.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return ErrnoStatus(errno, "set the owner of", name);
  }
  if (fchmodat(parent->get(), name.c_str(), from.mode & 07777, 0) != 0) {
    return ErrnoStatus(errno, "set the mode of", name);
  }
  return absl::OkStatus();
}

// Onto another file system: under a hidden name first, so that no half of it has the right one.
absl::Status CopyAndRemove(const io::SharedFd& from, const io::SharedFd& to,
                           const std::string& name) {
  INGOT_ASSIGN_OR_RETURN(const io::FileStat status, io::StatAt(from->get(), name));
  const std::string hidden = absl::StrCat(name, kHiddenSuffix);
  std::error_code error;
  std::filesystem::copy_file(PathAt(from, name), PathAt(to, hidden), error);
  if (error) return ErrnoStatus(error.value(), "copy", name);
  absl::Status finished = CopyMetadata(status, to, hidden);
  const timespec mtime = {status.mtime.seconds, status.mtime.nanoseconds};
  const timespec times[] = {mtime, mtime};
  if (finished.ok() &&
      (utimensat(to->get(), hidden.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0 ||
       renameat2(to->get(), hidden.c_str(), to->get(), name.c_str(), RENAME_NOREPLACE) != 0)) {
    finished = ErrnoStatus(errno, "copy", name);
  }
  if (!finished.ok()) {
    unlinkat(to->get(), hidden.c_str(), 0);
    return finished;
  }
  unlinkat(from->get(), name.c_str(), 0);  // if it stays it is a deleted file, and harmless
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ContentStore>> ContentStore::Open(const std::string& directory) {
  INGOT_ASSIGN_OR_RETURN(std::unique_ptr<io::TargetTree> tree, io::TargetTree::Open(directory));
  return std::unique_ptr<ContentStore>(new ContentStore(std::move(tree)));
}

absl::StatusOr<std::optional<uint64_t>> ContentStore::SizeOf(const std::string& path) {
  const absl::StatusOr<io::SharedFd> parent = directories_.Open(ParentPath(path));
  if (!parent.ok()) {
    const bool nothing = absl::IsNotFound(parent.status()) ||
                         absl::IsFailedPrecondition(parent.status());  // no directory
    if (nothing) return std::optional<uint64_t>();
    return Annotate(parent.status(), absl::StrCat(directory(), "/", path));
  }
  const absl::StatusOr<io::FileStat> status =
      io::StatAt((*parent)->get(), std::string(LastComponent(path)));
  if (absl::IsNotFound(status.status())) return std::optional<uint64_t>();
  if (!status.ok()) return Annotate(status.status(), absl::StrCat(directory(), "/", path));
  if (!status->IsRegular()) return std::optional<uint64_t>();
  return std::optional<uint64_t>(status->size);
}

absl::Status ContentStore::MakeDirectoriesLike(ContentStore* other, const std::string& path) {
  for (size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const absl::string_view above = absl::string_view(path).substr(0, slash);
    const std::string name(LastComponent(above));
    INGOT_ASSIGN_OR_RETURN(const io::SharedFd parent, directories_.Open(ParentPath(above)));
    INGOT_ASSIGN_OR_RETURN(const io::TargetTree::Made made,
                           tree_->MakeDirectory(parent, name, kDirectoryMode, false, above));
    if (made == io::TargetTree::Made::kExisted) continue;
    INGOT_ASSIGN_OR_RETURN(const io::SharedFd like, other->directories_.Open(ParentPath(above)));
    INGOT_ASSIGN_OR_RETURN(const io::FileStat status, io::StatAt(like->get(), name));
    INGOT_RETURN_IF_ERROR(CopyMetadata(status, parent, name));
  }
  return absl::OkStatus();
}

absl::Status ContentStore::MoveTo(ContentStore* other, const std::string& path) {
  INGOT_RETURN_IF_ERROR(other->MakeDirectoriesLike(this, path));
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd from, directories_.Open(ParentPath(path)));
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd to, other->directories_.Open(ParentPath(path)));
  const std::string name(LastComponent(path));
  if (renameat2(from->get(), name.c_str(), to->get(), name.c_str(), RENAME_NOREPLACE) == 0) {
    return absl::OkStatus();
  }
  if (errno == EXDEV || errno == EINVAL || errno == ENOSYS) return CopyAndRemove(from, to, name);
  return ErrnoStatus(errno, "move", absl::StrCat(other->directory(), "/", path));
}

}  // namespace ingot
