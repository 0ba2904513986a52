#include "bench/limit/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "bench/limit/limit.h"

namespace limit {
namespace {

constexpr uint64_t kReserveBytes = uint64_t{256} << 20;

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path) {
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  fd_ = open(path.c_str(), flags | O_DIRECT, 0600);
  if (fd_ < 0 && errno == EINVAL) fd_ = open(path.c_str(), flags, 0600);
  if (fd_ < 0) Die(path);
}

OutputFile::~OutputFile() { close(fd_); }

void OutputFile::Append(const char* data, size_t bytes) {
  uint64_t offset;
  {
    const std::lock_guard lock(mutex_);
    offset = end_;
    end_ += bytes;
    while (end_ > reserved_) {
      // Blocks allocated ahead: writes that extend a file wait for each other.
      if (fallocate(fd_, 0, static_cast<off_t>(reserved_), kReserveBytes) != 0 &&
          errno != EOPNOTSUPP)
        Die(path_);
      reserved_ += kReserveBytes;
    }
  }
  for (size_t done = 0; done < bytes;) {
    const ssize_t put = pwrite(fd_, data + done, bytes - done, static_cast<off_t>(offset + done));
    if (put <= 0) Die(path_);
    done += static_cast<size_t>(put);
  }
}

uint64_t OutputFile::Finish() {
  if (ftruncate(fd_, static_cast<off_t>(end_)) != 0 || fsync(fd_) != 0) Die(path_);
  return end_;
}

}  // namespace limit
