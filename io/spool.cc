#include "io/spool.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "io/status.h"
#include "io/temporary_file.h"

namespace ingot::io {
namespace {

absl::Status WriteAll(int fd, absl::Span<const char> data, uint64_t offset,
                      const std::string& directory) {
  while (!data.empty()) {
    const ssize_t written = pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, "write a temporary file in", directory);
    }
    data.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return absl::OkStatus();
}

}  // namespace

Spool::Spool(std::string directory, uint64_t memory_bytes_max)
    : directory_(std::move(directory)), memory_bytes_max_(memory_bytes_max) {}

absl::Status Spool::Append(absl::Span<const char> data) {
  if (!file_.valid() && size_ + data.size() > memory_bytes_max_) INGOT_RETURN_IF_ERROR(Spill());
  if (file_.valid()) {
    INGOT_RETURN_IF_ERROR(WriteAll(file_.get(), data, size_, directory_));
  } else {
    memory_.append(data.data(), data.size());
  }
  size_ += data.size();
  return absl::OkStatus();
}

absl::Status Spool::Read(uint64_t offset, absl::Span<char> out) const {
  if (offset > size_ || out.size() > size_ - offset) {
    return absl::OutOfRangeError(absl::StrCat("read of ", out.size(), " bytes at ", offset,
                                              " of a spool of ", size_, " bytes"));
  }
  if (out.empty()) return absl::OkStatus();
  if (!file_.valid()) {
    std::memcpy(out.data(), memory_.data() + offset, out.size());
    return absl::OkStatus();
  }
  while (!out.empty()) {
    const ssize_t got = pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "read a temporary file in", directory_);
    if (got == 0) {
      return absl::InternalError(
          absl::StrCat("read a temporary file in ", directory_, ": shorter than written"));
    }
    out.remove_prefix(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return absl::OkStatus();
}

absl::Status Spool::Spill() {
  INGOT_ASSIGN_OR_RETURN(TemporaryFile temporary, CreateTemporaryFile(directory_));
  if (!temporary.path.empty() && unlink(temporary.path.c_str()) != 0) {
    return ErrnoStatus(errno, "unlink", temporary.path);
  }
  INGOT_RETURN_IF_ERROR(WriteAll(temporary.fd.get(), memory_, 0, directory_));
  file_ = std::move(temporary.fd);
  std::string().swap(memory_);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> FreeBytes(const std::string& path) {
  struct statvfs stat;
  if (statvfs(path.c_str(), &stat) != 0) return ErrnoStatus(errno, "statvfs", path);
  return uint64_t{stat.f_bavail} * stat.f_frsize;
}

}  // namespace ingot::io
