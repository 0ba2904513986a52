#include "io/inode.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "io/status.h"

namespace ingot::io {
namespace {

constexpr size_t kLinkTextBytes = 512;                 // tried first
constexpr size_t kLinkTextBytesMax = size_t{1} << 20;  // no kernel gives more than PATH_MAX
constexpr size_t kXattrNamesBytes = 1024;              // tried first; nearly always enough
constexpr size_t kXattrValueBytes = 256;
constexpr int kGrowAttemptsMax = 8;  // while somebody else makes an attribute larger and larger

using SizedCall = absl::FunctionRef<ssize_t(char* buffer, size_t size)>;

// Calls until the answer fits. Returns 0 or errno.
int ReadGrowing(SizedCall call, size_t first_bytes, std::string* out) {
  out->resize(first_bytes);
  for (int attempt = 0; attempt < kGrowAttemptsMax; ++attempt) {
    const ssize_t got = call(out->data(), out->size());
    if (got >= 0) {
      out->resize(static_cast<size_t>(got));
      return 0;
    }
    if (errno != ERANGE) return errno;
    const ssize_t wanted = call(nullptr, 0);
    if (wanted < 0) return errno;
    out->resize(std::max(static_cast<size_t>(wanted), size_t{1}));
  }
  return ERANGE;
}

absl::StatusOr<std::vector<ExtendedAttribute>> ReadAttributes(
    SizedCall list, absl::FunctionRef<ssize_t(const char* name, char* buffer, size_t size)> get,
    absl::string_view path) {
  const absl::string_view of = path.empty() ? "" : " of";
  std::vector<ExtendedAttribute> attributes;
  std::string names;
  const int list_error = ReadGrowing(list, kXattrNamesBytes, &names);
  if (list_error == EOPNOTSUPP) return attributes;
  if (list_error != 0) {
    return ErrnoStatus(list_error, absl::StrCat("list the extended attributes", of), path);
  }
  for (size_t begin = 0; begin < names.size();) {
    ExtendedAttribute attribute;
    attribute.name = names.c_str() + begin;
    begin += attribute.name.size() + 1;
    const int error = ReadGrowing(
        [&](char* buffer, size_t size) { return get(attribute.name.c_str(), buffer, size); },
        kXattrValueBytes, &attribute.value);
    if (error == ENODATA) continue;
    if (error != 0) {
      return ErrnoStatus(error, absl::StrCat("read the extended attribute ", attribute.name, of),
                         path);
    }
    attributes.push_back(std::move(attribute));
  }
  std::sort(attributes.begin(), attributes.end(),
            [](const ExtendedAttribute& a, const ExtendedAttribute& b) { return a.name < b.name; });
  return attributes;
}

// Joins extents over the smallest gaps until at most `count` are left. Of equal gaps the first go.
void MergeSmallestGaps(size_t count, std::vector<Extent>* extents) {
  if (extents->size() <= count) return;
  struct Gap {
    uint64_t length;
    size_t after;  // index of the extent before it
    auto operator<=>(const Gap&) const = default;
  };
  std::vector<Gap> gaps;
  gaps.reserve(extents->size() - 1);
  for (size_t i = 0; i + 1 < extents->size(); ++i) {
    const Extent& extent = (*extents)[i];
    gaps.push_back({(*extents)[i + 1].offset - (extent.offset + extent.length), i});
  }
  const size_t closed = extents->size() - count;
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<ptrdiff_t>(closed) - 1, gaps.end());
  std::vector<bool> close_after(extents->size(), false);
  for (size_t i = 0; i < closed; ++i) close_after[gaps[i].after] = true;

  size_t last = 0;
  for (size_t i = 1; i < extents->size(); ++i) {
    const Extent next = (*extents)[i];
    if (close_after[i - 1]) {
      (*extents)[last].length = next.offset + next.length - (*extents)[last].offset;
    } else {
      (*extents)[++last] = next;
    }
  }
  extents->resize(last + 1);
}

}  // namespace

absl::StatusOr<std::string> ReadLinkAt(int directory_fd, const std::string& name) {
  for (size_t bytes = kLinkTextBytes; bytes <= kLinkTextBytesMax; bytes *= 2) {
    std::string text(bytes, '\0');
    const ssize_t got = readlinkat(directory_fd, name.c_str(), text.data(), text.size());
    if (got < 0) return ErrnoStatus(errno, "readlink", name);
    if (static_cast<size_t>(got) < text.size()) {
      text.resize(static_cast<size_t>(got));
      return text;
    }
  }
  return ErrnoStatus(ENAMETOOLONG, "readlink", name);
}

absl::StatusOr<std::vector<ExtendedAttribute>> ReadExtendedAttributes(int fd) {
  return ReadAttributes([fd](char* buffer, size_t size) { return flistxattr(fd, buffer, size); },
                        [fd](const char* name, char* buffer, size_t size) {
                          return fgetxattr(fd, name, buffer, size);
                        },
                        "");
}

absl::StatusOr<std::vector<ExtendedAttribute>> ReadExtendedAttributesAt(int directory_fd,
                                                                        const std::string& name) {
  // There is no *xattrat(2) before Linux 6.13.
  const std::string path = directory_fd == AT_FDCWD || (!name.empty() && name[0] == '/')
                               ? name
                               : absl::StrCat("/proc/self/fd/", directory_fd, "/", name);
  return ReadAttributes(
      [&path](char* buffer, size_t size) { return llistxattr(path.c_str(), buffer, size); },
      [&path](const char* attribute, char* buffer, size_t size) {
        return lgetxattr(path.c_str(), attribute, buffer, size);
      },
      name);
}

absl::StatusOr<std::vector<Extent>> DataExtents(int fd, uint64_t size, size_t extents_max) {
  INGOT_CHECK(extents_max >= 1);
  std::vector<Extent> extents;
  uint64_t position = 0;
  while (position < size) {
    const off_t data = lseek(fd, static_cast<off_t>(position), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // nothing but a hole from here on
    if (data < 0 && (errno == EINVAL || errno == EOPNOTSUPP)) return {{Extent{0, size}}};
    if (data < 0) return ErrnoStatus(errno, "find the holes", "");
    const uint64_t begin = std::max(static_cast<uint64_t>(data), position);
    if (begin >= size) break;
    const off_t hole = lseek(fd, static_cast<off_t>(begin), SEEK_HOLE);
    // A file that changes, or a file system that answers nonsense: all the rest counts as data.
    const uint64_t end =
        hole > static_cast<off_t>(begin) ? std::min(static_cast<uint64_t>(hole), size) : size;
    if (!extents.empty() && extents.back().offset + extents.back().length == begin) {
      extents.back().length = end - extents.back().offset;
    } else {
      extents.push_back({begin, end - begin});
    }
    position = end;
    // The gaps that survive are the largest of all so far, so dropping others early is exact.
    if (extents.size() / 2 >= extents_max) MergeSmallestGaps(extents_max, &extents);
  }
  MergeSmallestGaps(extents_max, &extents);
  return extents;
}

}  // namespace ingot::io
