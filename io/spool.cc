#include "io/spool.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "io/blocking.h"
#include "io/directory.h"
#include "io/status.h"
#include "io/temporary_file.h"

namespace ingot::io {

Spool::Spool(std::string directory, uint64_t memory_bytes_max)
    : directory_(std::move(directory)), memory_bytes_max_(memory_bytes_max) {}

absl::Status Spool::Append(absl::Span<const char> data) {
  if (!file_.valid() && size_ + data.size() > memory_bytes_max_) INGOT_RETURN_IF_ERROR(Spill());
  if (file_.valid()) {
    INGOT_RETURN_IF_ERROR(WriteBlocking(file_.get(), FilePath(), data, size_));
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
  ReadRequest request{
      .fd = file_.get(), .data = out.data(), .length = out.size(), .offset = offset};
  ReadBlocking(&request);
  if (request.result < 0) {
    return ErrnoStatus(static_cast<int>(-request.result), "read", FilePath());
  }
  if (request.result < static_cast<int64_t>(out.size())) {
    return absl::InternalError(absl::StrCat("read ", FilePath(), ": shorter than written"));
  }
  return absl::OkStatus();
}

std::string Spool::FilePath() const { return absl::StrCat("a temporary file in ", directory_); }

absl::Status Spool::Spill() {
  INGOT_ASSIGN_OR_RETURN(const Fd directory, OpenDirectory(AT_FDCWD, directory_, true));
  INGOT_ASSIGN_OR_RETURN(TemporaryFile temporary,
                         CreateTemporaryFile(directory.get(), directory_, Naming::kNone));
  if (!temporary.name.empty() && unlinkat(directory.get(), temporary.name.c_str(), 0) != 0) {
    return ErrnoStatus(errno, "unlink a temporary file in", directory_);
  }
  INGOT_RETURN_IF_ERROR(WriteBlocking(temporary.fd.get(), FilePath(), memory_, 0));
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
