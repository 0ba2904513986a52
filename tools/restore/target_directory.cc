#include "tools/restore/target_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/directory.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr mode_t kParentMode = 0755;

}  // namespace

absl::StatusOr<std::string> SomethingIn(const std::string& directory) {
  const absl::StatusOr<io::DirectoryNames> names = io::ReadDirectoryPath(directory);
  if (absl::IsNotFound(names.status())) return std::string();
  INGOT_RETURN_IF_ERROR(names.status());
  for (size_t i = 0; i < names->size(); ++i) {
    if ((*names)[i] != "lost+found") return std::string((*names)[i]);
  }
  return std::string();
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

void MakeLike(const std::vector<std::string>& directories, const std::string& model) {
  struct stat status;
  if (stat(model.c_str(), &status) != 0) return;
  for (const std::string& directory : directories) {
    if (geteuid() == 0 && lchown(directory.c_str(), status.st_uid, status.st_gid) != 0) continue;
    chmod(directory.c_str(), status.st_mode & 07777);
  }
}

}  // namespace ingot
