#include "tools/preflight/target_check.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "io/status.h"
#include "tools/preflight/plan_roots.h"
#include "tools/roots.h"

namespace ingot {
namespace {

constexpr char kSubject[] = "target";

void CheckWritable(const std::string& directory, PreflightResult* result) {
  struct statfs status;
  if (statfs(directory.c_str(), &status) == 0 && status.f_type == MSDOS_SUPER_MAGIC) {
    result->Warning(kSubject,
                    absl::StrCat(directory, " is on a FAT file system, where a file ends at 4 GiB"),
                    "name a target on another file system");
  }
  if (faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  const int error = errno;
  result->Error(absl::StatusCode::kPermissionDenied, kSubject,
                std::string(ErrnoStatus(error, "write to", directory).message()),
                error == EROFS ? "name a target that is mounted for writing"
                               : "run as a user who may, or name another target");
}

}  // namespace

absl::StatusOr<std::string> TargetDirectory(const std::string& output) {
  INGOT_ASSIGN_OR_RETURN(const std::string here, WorkingDirectory());
  std::string path = AbsolutePath(output, here);
  char resolved[PATH_MAX];
  // A link to a file is followed: the new one replaces what it points to.
  if (realpath(path.c_str(), resolved) != nullptr) path = resolved;
  const size_t slash = path.rfind('/');
  const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  if (realpath(directory.c_str(), resolved) == nullptr) {
    return UsageOrErrno(errno, "write to", directory);
  }
  return std::string(resolved);
}

PreflightResult CheckTarget(const BackupPlan& plan, const std::string& output) {
  PreflightResult result;
  const absl::StatusOr<std::string> directory = TargetDirectory(output);
  if (!directory.ok()) {
    const bool is_missing = absl::IsInvalidArgument(directory.status());
    result.Error(directory.status().code(), kSubject, std::string(directory.status().message()),
                 is_missing ? "make the directory first" : "");
    return result;
  }
  CheckWritable(*directory, &result);
  struct stat target;
  if (stat(directory->c_str(), &target) != 0) return result;
  bool shares_told = false;
  for (const TreeRoot& root : RootsOfPlan(plan)) {
    const absl::StatusOr<std::string> real = RealPath(root);
    struct stat source;
    if (!real.ok() || stat(real->c_str(), &source) != 0) continue;
    if (IsWithin(*directory, *real)) {
      result.Warning(kSubject,
                     absl::StrCat(*directory, " lies within ", root.source_path,
                                  ", which is backed up: each backup would hold those before it"),
                     "name a target elsewhere with -o");
    } else if (source.st_dev == target.st_dev && !shares_told) {
      shares_told = true;
      result.Note(kSubject,
                  absl::StrCat(*directory, " is on the same file system as ", root.source_path,
                               ": what destroys the one destroys the other"),
                  "copy the backup to another machine");
    }
  }
  return result;
}

}  // namespace ingot
