#include "io/target_tree.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "io/blocking.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr size_t kPieceBytesMax = PATH_MAX - 1;
// RESOLVE_BENEATH answers EAGAIN when a rename elsewhere raced with it.
constexpr int kOpenAttemptsMax = 64;
constexpr int kMakeAttemptsMax = 4;

// How a directory is opened; where reading it is not allowed, once more for its place alone.
constexpr int kDirectoryFlags[] = {O_RDONLY, O_PATH};

int OpenBeneath(int from, const char* path, int flags) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_DIRECTORY | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 1;; ++attempt) {
    const long fd = syscall(SYS_openat2, from, path, &how, sizeof(how));
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EINTR && (errno != EAGAIN || attempt == kOpenAttemptsMax)) return -1;
  }
}

absl::Status ParentError(int error_number, absl::string_view path) {
  if (error_number == ELOOP || error_number == ENOTDIR) {
    return absl::FailedPreconditionError(
        absl::StrCat("open directory ", path, ": a part of it is a symbolic link or no directory"));
  }
  return ErrnoStatus(error_number, "open directory", path);
}

// Also where it cannot be known: what is inherited has to go then, too.
bool MayHaveDefaultAcl(int directory_fd, const std::string& name) {
  const std::string path = absl::StrCat("/proc/self/fd/", directory_fd, "/", name);
  const ssize_t bytes = lgetxattr(path.c_str(), "system.posix_acl_default", nullptr, 0);
  return bytes > 0 || (bytes < 0 && errno != ENODATA && errno != EOPNOTSUPP);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TargetTree>> TargetTree::Open(const std::string& top) {
  const bool created = mkdir(top.c_str(), 0777) == 0;
  if (!created && errno != EEXIST) return ErrnoStatus(errno, "create directory", top);
  OpenRequest request{.directory_fd = AT_FDCWD, .name = top.c_str(), .flags = O_PATH | O_DIRECTORY};
  OpenBlocking(&request);
  if (request.result < 0) return ErrnoStatus(-request.result, "open directory", top);
  Fd fd(request.result);
  auto tree = std::unique_ptr<TargetTree>(new TargetTree(top, created, std::move(fd)));
  tree->inherits_acls_ = MayHaveDefaultAcl(tree->directory_->get(), ".");
  return tree;
}

absl::StatusOr<Fd> TargetTree::OpenByComponents(int from, absl::string_view piece) const {
  Fd current;
  while (!piece.empty()) {
    const size_t slash = std::min(piece.find('/'), piece.size());
    const std::string component(piece.substr(0, slash));
    // With O_DIRECTORY, O_NOFOLLOW makes a symbolic link ENOTDIR.
    Fd next;
    for (const int flags : kDirectoryFlags) {
      next = Fd(openat(current.valid() ? current.get() : from, component.c_str(),
                       flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (next.valid() || errno != EACCES) break;
    }
    if (!next.valid()) return ParentError(errno, piece);
    current = std::move(next);
    piece.remove_prefix(std::min(slash + 1, piece.size()));
  }
  return current;
}

absl::StatusOr<Fd> TargetTree::OpenPiece(int from, const std::string& piece) const {
  if (!openat2_missing_.load(std::memory_order_relaxed)) {
    for (const int flags : kDirectoryFlags) {
      Fd fd(OpenBeneath(from, piece.c_str(), flags));
      if (fd.valid()) return fd;
      if (errno != EACCES) break;
    }
    // EPERM: what old container runtimes answer to system calls that they do not know.
    if (errno != ENOSYS && errno != EPERM) return ParentError(errno, piece);
    openat2_missing_.store(true, std::memory_order_relaxed);
  }
  return OpenByComponents(from, piece);
}

absl::StatusOr<SharedFd> TargetTree::OpenDirectory(absl::string_view path) const {
  return OpenBelow(directory_, path);
}

absl::StatusOr<SharedFd> TargetTree::OpenBelow(SharedFd current, absl::string_view path) const {
  while (!path.empty()) {
    size_t length = path.size();
    if (length > kPieceBytesMax) {
      length = path.rfind('/', kPieceBytesMax);
      if (length == absl::string_view::npos)
        return ErrnoStatus(ENAMETOOLONG, "open directory", path);
    }
    absl::StatusOr<Fd> next = OpenPiece(current->get(), std::string(path.substr(0, length)));
    INGOT_RETURN_IF_ERROR(next.status());
    current = std::make_shared<const Fd>(*std::move(next));
    path.remove_prefix(std::min(length + 1, path.size()));
  }
  return current;
}

absl::StatusOr<TargetTree::Made> TargetTree::MakeDirectory(const SharedFd& parent,
                                                           const std::string& name, uint32_t mode,
                                                           bool replace, absl::string_view path) {
  const std::string whole = absl::StrCat(top_, "/", path);
  for (int attempt = 1;; ++attempt) {
    if (mkdirat(parent->get(), name.c_str(), mode) == 0) return Made::kCreated;
    if (errno != EEXIST) return ErrnoStatus(errno, "create directory", whole);
    struct stat stat = {};
    if (fstatat(parent->get(), name.c_str(), &stat, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT && attempt < kMakeAttemptsMax) continue;
      return ErrnoStatus(errno, "stat", whole);
    }
    if (S_ISDIR(stat.st_mode)) {
      if (MayHaveDefaultAcl(parent->get(), name)) inherits_acls_ = true;
      return Made::kExisted;
    }
    if (!replace || attempt == kMakeAttemptsMax) {
      return absl::AlreadyExistsError(
          absl::StrCat("create directory ", whole, ": exists and is no directory"));
    }
    // Another thread may have done the same meanwhile: then the name is gone, or a directory.
    if (unlinkat(parent->get(), name.c_str(), 0) != 0 && errno != ENOENT && errno != EISDIR) {
      return ErrnoStatus(errno, "remove", whole);
    }
  }
}

absl::Status TargetTree::Sync() const {
  // An O_PATH descriptor cannot be synced.
  OpenRequest request{
      .directory_fd = directory_->get(), .name = ".", .flags = O_RDONLY | O_DIRECTORY};
  OpenBlocking(&request);
  if (request.result < 0) return ErrnoStatus(-request.result, "open directory", top_);
  const Fd fd(request.result);
  if (syncfs(fd.get()) != 0) return ErrnoStatus(errno, "sync the file system of", top_);
  return absl::OkStatus();
}

SharedFd DirectoryCache::Recent(absl::string_view path) {
  for (auto it = recent_.begin(); it != recent_.end(); ++it) {
    if (it->first != path) continue;
    recent_.splice(recent_.begin(), recent_, it);
    return it->second;
  }
  return nullptr;
}

absl::StatusOr<SharedFd> DirectoryCache::Open(absl::string_view path) {
  SharedFd directory = Recent(path);
  if (directory != nullptr) return directory;
  const size_t slash = path.rfind('/');
  SharedFd parent = slash == absl::string_view::npos ? nullptr : Recent(path.substr(0, slash));
  if (parent != nullptr) {
    INGOT_ASSIGN_OR_RETURN(directory, tree_->OpenBelow(std::move(parent), path.substr(slash + 1)));
  } else {
    INGOT_ASSIGN_OR_RETURN(directory, tree_->OpenDirectory(path));
  }
  if (recent_.size() == kDirectoriesMax) recent_.pop_back();
  recent_.emplace_front(std::string(path), directory);
  return directory;
}

}  // namespace ingot::io
