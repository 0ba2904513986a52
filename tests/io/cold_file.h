// A file of which nothing is in the page cache.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "io/fd.h"
#include "io/page_cache.h"
#include "tests/testing.h"

namespace ingot::io {

class ColdFile {
 public:
  explicit ColdFile(const std::string& content) {
    WriteFile(path(), content);
    fd_ = Fd(open(path().c_str(), O_RDONLY | O_CLOEXEC));
    dropped_ = fsync(fd_.get()) == 0 && posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED) == 0 &&
               IsCold(fd_.get(), 0, content.size());
  }

  // False where the file system keeps files in memory, or does not tell.
  bool dropped() const { return dropped_; }
  int get() const { return fd_.get(); }
  std::string path() const { return scratch_ / "cold"; }

 private:
  ScratchDirectory scratch_;
  Fd fd_;
  bool dropped_ = false;
};

}  // namespace ingot::io
