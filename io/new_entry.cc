#include "io/new_entry.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "io/aligned_buffer.h"
#include "io/blocking.h"
#include "io/reopen.h"
#include "io/status.h"
#include "io/temporary_file.h"

namespace ingot::io {
namespace {

constexpr mode_t kPrivateFileMode = 0600;
constexpr int kTemporaryNamesMax = 16;
// Restoring 30,000 files of 5.2 GiB, in seconds with the disk: 4.7 without, 3.3 from 1 MiB on, 3.5
// from 256 KiB or 4 MiB on.
constexpr uint64_t kDirectBytesMin = uint64_t{1} << 20;

// Elsewhere it is not known, or known not to be: Btrfs compresses what comes through the page
// cache.
bool GainsByDirectWrites(int fd) {
  struct statfs file_system = {};
  return fstatfs(fd, &file_system) == 0 &&
         (file_system.f_type == EXT4_SUPER_MAGIC || file_system.f_type == XFS_SUPER_MAGIC);
}

// What concerns this one entry only is told apart from a full disk.
absl::Status EntryError(int error_number, const char* operation, const std::string& path) {
  const absl::Status status = ErrnoStatus(error_number, operation, path);
  if (error_number != EFBIG && error_number != EMLINK) return status;
  return absl::FailedPreconditionError(status.message());
}

}  // namespace

template <typename Make>
absl::Status NewEntry::MakeUnderFreeName(const char* operation, Make make) {
  if (make(where_.name.c_str())) {
    made_name_ = where_.name;
    return absl::OkStatus();
  }
  for (int i = 0; i < kTemporaryNamesMax && errno == EEXIST && where_.replace; ++i) {
    const std::string name = HiddenName();
    if (!name.empty() && make(name.c_str())) {
      made_name_ = name;
      return absl::OkStatus();
    }
  }
  return EntryError(errno, operation, where_.path);
}

absl::StatusOr<NewEntry> NewEntry::File(NewEntryName where, bool unseen) {
  NewEntry entry(std::move(where));
  if (unseen) {
    INGOT_RETURN_IF_ERROR(entry.MakeUnseen());
    return entry;
  }
  INGOT_RETURN_IF_ERROR(entry.MakeUnderFreeName("create", [&entry](const char* name) {
    entry.fd_ = Fd(openat(entry.where_.parent->get(), name,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kPrivateFileMode));
    return entry.fd_.valid();
  }));
  return entry;
}

absl::Status NewEntry::MakeUnseen() {
  const int parent = where_.parent->get();
  // Else it would be known only when all of it has been written.
  if (!where_.replace && faccessat(parent, where_.name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    return EntryError(EEXIST, "create", where_.path);
  }
  INGOT_ASSIGN_OR_RETURN(TemporaryFile file,
                         CreateTemporaryFile(parent, where_.path, Naming::kNone));
  fd_ = std::move(file.fd);
  made_name_ = std::move(file.name);
  return absl::OkStatus();
}

absl::StatusOr<NewEntry> NewEntry::Symlink(NewEntryName where, const std::string& target) {
  NewEntry entry(std::move(where));
  INGOT_RETURN_IF_ERROR(
      entry.MakeUnderFreeName("create symbolic link", [&entry, &target](const char* name) {
        return symlinkat(target.c_str(), entry.where_.parent->get(), name) == 0;
      }));
  return entry;
}

absl::StatusOr<NewEntry> NewEntry::Node(NewEntryName where, mode_t type, uint32_t device_major,
                                        uint32_t device_minor) {
  NewEntry entry(std::move(where));
  const dev_t device = type == S_IFIFO ? 0 : makedev(device_major, device_minor);
  INGOT_RETURN_IF_ERROR(
      entry.MakeUnderFreeName("create node", [&entry, type, device](const char* name) {
        return mknodat(entry.where_.parent->get(), name, type | kPrivateFileMode, device) == 0;
      }));
  return entry;
}

absl::StatusOr<NewEntry> NewEntry::HardLink(NewEntryName where, const SharedFd& from_parent,
                                            const std::string& from_name) {
  NewEntry entry(std::move(where));
  INGOT_RETURN_IF_ERROR(entry.MakeUnderFreeName("create hard link", [&entry, &from_parent,
                                                                     &from_name](const char* name) {
    return linkat(from_parent->get(), from_name.c_str(), entry.where_.parent->get(), name, 0) == 0;
  }));
  return entry;
}

NewEntry::NewEntry(NewEntry&& other) noexcept
    : where_(std::move(other.where_)),
      made_name_(std::exchange(other.made_name_, std::string())),
      fd_(std::move(other.fd_)),
      direct_fd_(std::move(other.direct_fd_)) {}

NewEntry& NewEntry::operator=(NewEntry&& other) noexcept {
  std::swap(where_, other.where_);
  std::swap(made_name_, other.made_name_);
  std::swap(fd_, other.fd_);
  std::swap(direct_fd_, other.direct_fd_);
  return *this;
}

NewEntry::~NewEntry() {
  if (!made_name_.empty()) unlinkat(where_.parent->get(), made_name_.c_str(), 0);
}

absl::Status NewEntry::WriteAt(uint64_t offset, absl::Span<const char> data) const {
  absl::Status status;
  MoveInPieces(where_.write_limit, data.size(), [&](uint64_t at, uint64_t length) {
    status = WriteNow(offset + at, data.subspan(at, length));
    return status.ok();
  });
  // To the disk at this rate, too: the kernel would keep it back and send seconds of it at once.
  if (where_.write_limit != nullptr) {
    static_cast<void>(sync_file_range(fd_.get(), static_cast<off_t>(offset),
                                      static_cast<off_t>(data.size()), SYNC_FILE_RANGE_WRITE));
  }
  return status;
}

void NewEntry::Expect(uint64_t bytes) {
  if (bytes < kDirectBytesMin || !GainsByDirectWrites(fd_.get())) return;
  // Slices of a file wait for each other while blocks are found for them; not once it has blocks.
  if (fallocate(fd_.get(), 0, 0, static_cast<off_t>(bytes)) != 0) return;
  direct_fd_ = ReopenDirect(fd_.get());
}

// Whole pages directly, what is before and behind them through the page cache.
ssize_t NewEntry::WriteSome(uint64_t offset, absl::Span<const char> data) const {
  if (direct_fd_.valid()) {
    const uint64_t to_next_page = RoundUp(offset, kDirectAlignment) - offset;
    const uint64_t in_pages = data.size() / kDirectAlignment * kDirectAlignment;
    if (to_next_page > 0) {
      data = data.first(std::min<uint64_t>(data.size(), to_next_page));
    } else if (in_pages > 0) {
      data = data.first(in_pages);
      const ssize_t put =
          pwrite(direct_fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      if (put > 0 || (put < 0 && errno != EINVAL && errno != EOPNOTSUPP)) return put;
    }
  }
  return pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
}

absl::Status NewEntry::WriteNow(uint64_t offset, absl::Span<const char> data) const {
  Retry retry;
  while (!data.empty()) {
    const ssize_t put = WriteSome(offset, data);
    if (put < 0 && retry.IsWorthwhile(errno)) continue;
    if (put < 0) return EntryError(errno, "write", where_.path);
    data.remove_prefix(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return absl::OkStatus();
}

absl::Status NewEntry::SetSize(uint64_t bytes) const {
  if (bytes > static_cast<uint64_t>(INT64_MAX)) return EntryError(EFBIG, "extend", where_.path);
  while (ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
    if (errno == EINTR) continue;
    // EINVAL here means a size that this file system cannot hold.
    return EntryError(errno == EINVAL ? EFBIG : errno, "extend", where_.path);
  }
  return absl::OkStatus();
}

// A file that has no name yet, or a temporary one.
absl::Status NewEntry::CommitUnseen() {
  const int parent = where_.parent->get();
  TemporaryFile file{std::move(fd_), std::exchange(made_name_, std::string())};
  absl::Status named =
      NameTemporaryFile(parent, where_.name, /*replace=*/false, where_.path, &file);
  const bool replaces = absl::IsAlreadyExists(named) && where_.replace;
  if (replaces) {
    // The old content ends with the rename: a power cut then must find the new one on the disk.
    named = fsync(file.fd.get()) != 0
                ? EntryError(errno, "fsync", where_.path)
                : NameTemporaryFile(parent, where_.name, /*replace=*/true, where_.path, &file);
  }
  made_name_ = named.ok() ? where_.name : file.name;
  INGOT_RETURN_IF_ERROR(named);
  const absl::Status closed = file.fd.Close(where_.path);
  if (!replaces) INGOT_RETURN_IF_ERROR(closed);  // else all of it is on the disk
  made_name_.clear();
  return absl::OkStatus();
}

absl::Status NewEntry::Commit() {
  if (fd_.valid() && made_name_ != where_.name) return CommitUnseen();
  if (fd_.valid()) INGOT_RETURN_IF_ERROR(fd_.Close(where_.path));
  if (made_name_ != where_.name) {
    const int parent = where_.parent->get();
    if (renameat(parent, made_name_.c_str(), parent, where_.name.c_str()) != 0) {
      return EntryError(errno, "replace", where_.path);
    }
    // Renaming one name of a file over another name of the same file does nothing.
    if (unlinkat(parent, made_name_.c_str(), 0) != 0 && errno != ENOENT) {
      return EntryError(errno, "remove", where_.path);
    }
  }
  made_name_.clear();
  return absl::OkStatus();
}

}  // namespace ingot::io
