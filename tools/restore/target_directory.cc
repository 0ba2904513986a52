#include "tools/restore/target_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/directory.h"
#include "io/file_stat.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr mode_t kParentMode = 0755;

}  // namespace

absl::StatusOr<std::string> SomethingIn(const std::string& directory) {
  const absl::StatusOr<io::DirectoryNames> names = io::ReadDirectoryPath(directory);
  if (absl::IsNotFound(names.status())) {
    if (!io::StatAt(io::kWorkingDirectory, directory).ok()) return std::string();
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " is no directory, or a link to nothing: move it away"));
  }
  INGOT_RETURN_IF_ERROR(names.status());
  for (size_t i = 0; i < names->size(); ++i) {
    if ((*names)[i] != "lost+found") return std::string((*names)[i]);
  }
  return std::string();
}

absl::Status CheckWritable(const std::string& directory) {
  std::string path = directory;
  while (faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    const size_t slash = path.rfind('/');
    if (errno != ENOENT || slash == std::string::npos) return ErrnoStatus(errno, "write to", path);
    path.resize(std::max(slash, size_t{1}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MakeParents(const std::string& directory) {
  std::vector<std::string> made;
  for (size_t slash = directory.find('/', 1); slash != std::string::npos;
       slash = directory.find('/', slash + 1)) {
    const std::string above = directory.substr(0, slash);
    if (mkdir(above.c_str(), kParentMode) == 0) {
      made.push_back(above);
    } else if (errno != EEXIST) {
      return ErrnoStatus(errno, "make directory", above);
    }
  }
  return made;
}

absl::Status MakeLike(const std::vector<std::string>& directories, const std::string& model) {
  if (directories.empty()) return absl::OkStatus();
  INGOT_ASSIGN_OR_RETURN(const io::FileStat like, io::StatPath(model));
  absl::Status first;
  for (const std::string& directory : directories) {
    if (geteuid() == 0 && lchown(directory.c_str(), like.uid, like.gid) != 0) {
      first.Update(ErrnoStatus(errno, "set the owner of", directory));
    } else if (chmod(directory.c_str(), like.mode & 07777) != 0) {
      first.Update(ErrnoStatus(errno, "set the mode of", directory));
    }
  }
  return first;
}

}  // namespace ingot
