#include "io/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr size_t kListBytes = size_t{256} << 10;  // of one getdents64 call

bool IsDotOrDotDot(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

}  // namespace

absl::string_view DirectoryNames::operator[](size_t i) const {
  return absl::string_view(bytes_.data() + offsets_[i]);
}

void DirectoryNames::Add(absl::string_view name, uint8_t type) {
  bytes_.push_back(static_cast<char>(type));
  offsets_.push_back(bytes_.size());
  bytes_.append(name.data(), name.size());
  bytes_.push_back('\0');
}

void DirectoryNames::SortByName() {
  const char* base = bytes_.data();
  std::sort(offsets_.begin(), offsets_.end(), [base](uint64_t a, uint64_t b) {
    return std::strcmp(base + a, base + b) < 0;  // as unsigned bytes
  });
}

absl::StatusOr<Fd> OpenDirectory(int parent_fd, const std::string& name, bool follow) {
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  int fd = openat(parent_fd, name.c_str(), flags | O_NOATIME);
  if (fd < 0 && errno == EPERM) fd = openat(parent_fd, name.c_str(), flags);
  if (fd < 0) return ErrnoStatus(errno, "open directory", name);
  return Fd(fd);
}

absl::StatusOr<DirectoryNames> ReadDirectory(int directory_fd) {
  // One buffer for each thread: at this size malloc would map and unmap it for every directory.
  thread_local const std::unique_ptr<char[]> buffer = std::make_unique<char[]>(kListBytes);
  if (lseek(directory_fd, 0, SEEK_SET) < 0) {
    return ErrnoStatus(errno, "rewind directory", absl::StrCat("descriptor ", directory_fd));
  }
  DirectoryNames names;
  while (true) {
    const ssize_t bytes = getdents64(directory_fd, buffer.get(), kListBytes);
    if (bytes < 0) {
      return ErrnoStatus(errno, "list directory", absl::StrCat("descriptor ", directory_fd));
    }
    if (bytes == 0) return names;
    for (ssize_t at = 0; at < bytes;) {
      const auto* entry = reinterpret_cast<const struct dirent64*>(buffer.get() + at);
      if (!IsDotOrDotDot(entry->d_name)) names.Add(entry->d_name, entry->d_type);
      at += entry->d_reclen;
    }
  }
}

}  // namespace ingot::io
