// A small file system of a test's own.
#pragma once

#include <sys/mount.h>

#include <string>

#include "tests/testing.h"

namespace ingot::io {

// A tmpfs of a few bytes on an own directory; needs root.
class MountedTmpfs {
 public:
  explicit MountedTmpfs(uint64_t bytes) {
    const std::string options = "size=" + std::to_string(bytes);
    mounted_ = mount("tmpfs", scratch_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~MountedTmpfs() {
    if (mounted_) umount2(scratch_.path().c_str(), MNT_DETACH);
  }
  MountedTmpfs(const MountedTmpfs&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& path() const { return scratch_.path(); }
  std::string operator/(const std::string& name) const { return scratch_ / name; }

 private:
  ScratchDirectory scratch_;
  bool mounted_ = false;
};

}  // namespace ingot::io
