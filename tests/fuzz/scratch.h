// A directory of a fuzz target's own, in memory where that is possible, gone at the end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "io/status.h"

namespace ingot {

class FuzzScratch {
 public:
  FuzzScratch() {
    // Syncs and deletions cost nothing there.
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    const std::filesystem::path base =
        in_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    path_ = (base / "ingot-fuzz-XXXXXX").string();
    INGOT_CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~FuzzScratch() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  FuzzScratch(const FuzzScratch&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ingot
