#include "io/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/fd.h"
#include "io/file_output.h"
#include "io/file_stat.h"
#include "io/status.h"
#include "io/stream_output.h"

namespace ingot::io {
namespace {

absl::Status CannotWrite(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("cannot write to ", path, ": ", why));
}

// The path that a symbolic link leads to, so that replacing replaces that and not the link.
absl::StatusOr<std::string> ResolveLink(const std::string& path) {
  char* resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return ErrnoStatus(errno, "follow the symbolic link", path);
  std::string result = resolved;
  free(resolved);
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Output>> OpenOutputFile(const OutputOptions& options,
                                                       Engine* engine) {
  const absl::StatusOr<FileStat> named = StatAt(AT_FDCWD, options.path);
  if (absl::IsNotFound(named.status())) return OpenFileOutput(options, engine);
  INGOT_RETURN_IF_ERROR(named.status());
  const absl::StatusOr<FileStat> target = StatPath(options.path);
  if (!target.ok() && !absl::IsNotFound(target.status())) return target.status();

  const uint32_t mode = target.ok() ? target->mode : 0;
  if (S_ISFIFO(mode) || S_ISCHR(mode)) {
    return OpenStreamOutput(options.path, options.write_limit);
  }
  if (S_ISDIR(mode)) return CannotWrite(options.path, "it is a directory");
  if (S_ISBLK(mode)) return CannotWrite(options.path, "it is a block device");
  if (S_ISSOCK(mode)) return CannotWrite(options.path, "it is a socket");
  if (!options.replace) return ErrnoStatus(EEXIST, "cannot write", options.path);
  if (!S_ISLNK(named->mode)) return OpenFileOutput(options, engine);
  OutputOptions resolved = options;
  INGOT_ASSIGN_OR_RETURN(resolved.path, ResolveLink(options.path));
  return OpenFileOutput(resolved, engine);
}

}  // namespace ingot::io
