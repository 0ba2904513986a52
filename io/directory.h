// Opening and listing directories.
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/fd.h"

namespace ingot::io {

// The names in one directory without "." and "..", packed: tens of millions of names in one
// directory cost their bytes and 10 bytes each, and while they are sorted 16 bytes more. Names are
// what the kernel gives: any bytes but '/' and NUL.
class DirectoryNames {
 public:
  size_t size() const { return names_.size(); }
  // Terminated by NUL in memory, so data() can be passed to system calls.
  absl::string_view operator[](size_t i) const { return names_[i]; }
  // DT_* of <dirent.h>; DT_UNKNOWN where the file system does not tell.
  uint8_t type(size_t i) const { return static_cast<uint8_t>(names_[i][-1]); }
  bool is_directory(size_t i) const;  // is known to be one

  void Add(absl::string_view name, uint8_t type);
  void SortByName();  // byte order

 private:
  // For each name: its type, the name, NUL. Names never move; one growing string would hold
  // everything twice each time it grows (0.7 GB instead of 0.4 for 10 million names).
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t chunk_bytes_ = 0;  // of the last chunk
  size_t used_bytes_ = 0;   // of that
  std::vector<const char*> names_;
};

// In the place of a directory's descriptor: names are paths, from the working directory.
inline constexpr int kWorkingDirectory = AT_FDCWD;

// Opens a directory for reading, below `parent_fd` (AT_FDCWD for a path of the user's). With
// follow = false a symbolic link as the last component is an error (ELOOP or ENOTDIR).
absl::StatusOr<Fd> OpenDirectory(int parent_fd, const std::string& name, bool follow);

// All names, in the kernel's order, by getdents64 with a large buffer; of a descriptor that was not
// read before. NotFound when the directory was removed meanwhile. Errors name no path.
absl::StatusOr<DirectoryNames> ReadDirectory(int directory_fd);
// Of a path of the user's; follows symbolic links. Errors name it.
absl::StatusOr<DirectoryNames> ReadDirectoryPath(const std::string& path);

}  // namespace ingot::io
