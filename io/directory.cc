#include "io/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "io/blocking.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr size_t kListBytes = size_t{256} << 10;  // of one getdents64 call

// Of a DirectoryNames: most directories fit into the first, and the last wastes little.
constexpr size_t kChunkBytesMin = size_t{1} << 10;
constexpr size_t kChunkBytesMax = size_t{1} << 20;

// Names are compared by these bytes first: they lie side by side, names wherever the kernel gave
// them.
struct SortKey {
  uint64_t first = 0;
  const char* name = nullptr;
};

// Up to eight bytes as a number that sorts as they do.
uint64_t FirstBytes(const char* text) {
  uint64_t first = 0;
  for (int shift = 56; shift >= 0 && *text != '\0'; shift -= 8) {
    first |= static_cast<uint64_t>(static_cast<uint8_t>(*text++)) << shift;
  }
  return first;
}

// How many bytes all names begin with.
size_t SharedBytes(const std::vector<const char*>& names) {
  size_t shared = std::strlen(names.front());
  for (const char* name : names) {
    size_t same = 0;
    while (same < shared && name[same] == names.front()[same]) ++same;
    shared = same;
  }
  return shared;
}

bool IsDotOrDotDot(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

}  // namespace

void DirectoryNames::Add(absl::string_view name, uint8_t type) {
  const size_t bytes = name.size() + 2;
  if (chunk_bytes_ - used_bytes_ < bytes) {
    chunk_bytes_ = std::max(bytes, std::clamp(2 * chunk_bytes_, kChunkBytesMin, kChunkBytesMax));
    used_bytes_ = 0;
    chunks_.emplace_back(new char[chunk_bytes_]);
  }
  char* const at = chunks_.back().get() + used_bytes_;
  at[0] = static_cast<char>(type);
  std::memcpy(at + 1, name.data(), name.size());
  at[bytes - 1] = '\0';
  names_.push_back(at + 1);
  used_bytes_ += bytes;
}

bool DirectoryNames::is_directory(size_t i) const { return type(i) == DT_DIR; }

void DirectoryNames::SortByName() {
  if (names_.size() < 2) return;
  const size_t shared = SharedBytes(names_);
  std::vector<SortKey> keys;
  keys.reserve(names_.size());
  for (const char* name : names_) keys.push_back({FirstBytes(name + shared), name});
  std::sort(keys.begin(), keys.end(), [shared](const SortKey& a, const SortKey& b) {
    if (a.first != b.first) return a.first < b.first;
    return std::strcmp(a.name + shared, b.name + shared) < 0;  // as unsigned bytes
  });
  std::transform(keys.begin(), keys.end(), names_.begin(),
                 [](const SortKey& key) { return key.name; });
}

absl::StatusOr<Fd> OpenDirectory(int parent_fd, const std::string& name, bool follow) {
  OpenRequest request{.directory_fd = parent_fd,
                      .name = name.c_str(),
                      .flags = O_RDONLY | O_DIRECTORY | O_NOATIME | (follow ? 0 : O_NOFOLLOW)};
  OpenBlocking(&request);
  if (request.result < 0) return ErrnoStatus(-request.result, "open directory", name);
  return Fd(request.result);
}

absl::StatusOr<DirectoryNames> ReadDirectory(int directory_fd) {
  // One buffer for each thread: at this size malloc would map and unmap it for every directory.
  thread_local const std::unique_ptr<char[]> buffer = std::make_unique<char[]>(kListBytes);
  DirectoryNames names;
  while (true) {
    const ssize_t bytes = getdents64(directory_fd, buffer.get(), kListBytes);
    if (bytes < 0) return ErrnoStatus(errno, "list directory", "");
    if (bytes == 0) return names;
    for (ssize_t at = 0; at < bytes;) {
      const auto* entry = reinterpret_cast<const struct dirent64*>(buffer.get() + at);
      if (!IsDotOrDotDot(entry->d_name)) names.Add(entry->d_name, entry->d_type);
      at += entry->d_reclen;
    }
  }
}

absl::StatusOr<DirectoryNames> ReadDirectoryPath(const std::string& path) {
  INGOT_ASSIGN_OR_RETURN(const Fd fd, OpenDirectory(kWorkingDirectory, path, /*follow=*/true));
  absl::StatusOr<DirectoryNames> names = ReadDirectory(fd.get());
  if (!names.ok()) return Annotate(names.status(), path);
  return names;
}

}  // namespace ingot::io
