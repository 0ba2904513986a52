// One file written by many threads with O_DIRECT, in blocks.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace limit {

class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  // `data` and `bytes` are aligned; where it goes depends on who comes first.
  void Append(const char* data, size_t bytes);
  // Cuts what was reserved, and syncs. Returns the file's length.
  uint64_t Finish();

 private:
  const std::string path_;
  int fd_;
  std::mutex mutex_;
  uint64_t end_ = 0;
  uint64_t reserved_ = 0;
};

}  // namespace limit
