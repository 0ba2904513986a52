#include "io/file_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "io/aligned_buffer.h"
#include "io/blocking.h"
#include "io/directory.h"
#include "io/file_stat.h"
#include "io/limited_io.h"
#include "io/status.h"
#include "io/temporary_file.h"

namespace ingot::io {
namespace {

// The size runs ahead of what is written, so that writes change no metadata and do not wait for
// each other. Steps double.
constexpr uint64_t kExtendBytesMin = uint64_t{64} << 20;
constexpr uint64_t kExtendBytesMax = uint64_t{1} << 30;
constexpr size_t kTailBytes = size_t{1} << 20;  // gathered for one write of AppendTail

// Blocks are taken ahead only while free space is this many times as much: a backup must not take,
// even for a while, the last of the room that a live server writes to.
constexpr uint64_t kRoomToSpareTimes = 8;

bool HasRoomToSpare(int fd, uint64_t bytes) {
  struct statvfs stat;
  return fstatvfs(fd, &stat) == 0 &&
         uint64_t{stat.f_bavail} * stat.f_frsize / kRoomToSpareTimes >= bytes;
}

// The first error of many threads.
class FirstError {
 public:
  void Note(const absl::Status& status) {
    if (status.ok()) return;
    absl::MutexLock lock(&mutex_);
    if (status_.ok()) status_ = status;
  }
  absl::Status Get() const {
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

class FileOutput final : public Output {
 public:
  FileOutput(const OutputOptions& options, std::string name, Fd directory)
      : options_(options), name_(std::move(name)), directory_(std::move(directory)) {}
  ~FileOutput() override { Abandon(); }

  absl::Status Begin(const std::string& directory_path, Engine* engine);

  void Append(absl::Span<const char> data, WriteQueue::Done done) override;
  bool CanPatch() const override { return true; }
  absl::Status Patch(absl::Span<const char> data, uint64_t offset) override;
  absl::Status ReadBack(uint64_t offset, absl::Span<char> out) override;
  absl::Status AppendTail(absl::Span<const char> data) override;
  absl::Status Publish() override;
  void Abandon() override;
  uint64_t size() const override { return written_ + tail_used_; }
  std::pair<uint64_t, uint64_t> identity() const override { return identity_; }

 private:
  void ExtendTo(uint64_t end);
  void Gather(absl::Span<const char> data);
  void SubmitTail();
  absl::Status Finish();
  absl::Status SyncDirectory();

  const OutputOptions options_;
  const std::string name_;  // in directory_
  const Fd directory_;
  TemporaryFile file_;
  std::pair<uint64_t, uint64_t> identity_;
  FirstError error_;
  std::unique_ptr<WriteQueue> queue_;

  uint64_t written_ = 0;   // bytes handed to the queue, a multiple of kDirectAlignment
  uint64_t extended_ = 0;  // the file's size
  uint64_t extend_bytes_ = kExtendBytesMin;
  bool in_tail_ = false;  // nothing may be appended by Append any more
  AlignedBuffer tail_;
  size_t tail_used_ = 0;
};

absl::Status FileOutput::Begin(const std::string& directory_path, Engine* engine) {
  INGOT_ASSIGN_OR_RETURN(file_,
                         CreateTemporaryFile(directory_.get(), directory_path, Naming::kNone));
  INGOT_ASSIGN_OR_RETURN(const FileStat stat, StatFd(file_.fd.get()));
  identity_ = {stat.device, stat.inode};
  const int flags = fcntl(file_.fd.get(), F_GETFL);
  // Refused where the file system has no direct I/O: then it is buffered.
  if (flags >= 0) fcntl(file_.fd.get(), F_SETFL, flags | O_DIRECT);
  INGOT_ASSIGN_OR_RETURN(queue_,
                         engine->NewWriteQueue(file_.fd.get(), options_.path, options_.depth));
  if (options_.write_limit != nullptr) {
    queue_ = LimitWrites(std::move(queue_), options_.write_limit);
  }
  return absl::OkStatus();
}

void FileOutput::Append(absl::Span<const char> data, WriteQueue::Done done) {
  INGOT_CHECK(queue_ != nullptr && !in_tail_);
  INGOT_CHECK(reinterpret_cast<uintptr_t>(data.data()) % kDirectAlignment == 0);
  INGOT_CHECK(!data.empty() && data.size() % kDirectAlignment == 0);
  const absl::Status error = error_.Get();
  if (!error.ok()) return done(error);
  ExtendTo(written_ + data.size());
  queue_->Submit(data, written_,
                 [this, done = std::move(done)](const absl::Status& status) mutable {
                   error_.Note(status);
                   done(status.ok() ? error_.Get() : status);
                 });
  written_ += data.size();
}

absl::Status FileOutput::Patch(absl::Span<const char> data, uint64_t offset) {
  INGOT_CHECK(queue_ != nullptr);
  INGOT_CHECK(reinterpret_cast<uintptr_t>(data.data()) % kDirectAlignment == 0);
  INGOT_CHECK(data.size() % kDirectAlignment == 0 && offset % kDirectAlignment == 0);
  INGOT_CHECK(offset <= written_ && data.size() <= written_ - offset);
  queue_->Drain();
  INGOT_RETURN_IF_ERROR(error_.Get());
  error_.Note(WriteBlocking(file_.fd.get(), options_.path, data, offset));
  return error_.Get();
}

absl::Status FileOutput::ReadBack(uint64_t offset, absl::Span<char> out) {
  INGOT_CHECK(queue_ != nullptr);
  INGOT_CHECK(reinterpret_cast<uintptr_t>(out.data()) % kDirectAlignment == 0);
  INGOT_CHECK(out.size() % kDirectAlignment == 0 && offset % kDirectAlignment == 0);
  INGOT_CHECK(offset <= written_ && out.size() <= written_ - offset);
  queue_->Drain();
  INGOT_RETURN_IF_ERROR(error_.Get());
  absl::Status status;
  MoveInPieces(options_.read_limit, out.size(), [&](uint64_t at, uint64_t length) {
    ReadRequest request{file_.fd.get(), out.data() + at, length, offset + at, 0};
    ReadBlocking(&request);
    if (request.result < 0) {
      status = ErrnoStatus(static_cast<int>(-request.result), "read back", options_.path);
    } else if (static_cast<uint64_t>(request.result) < length) {
      status = absl::InternalError(absl::StrCat("read back ", options_.path, ": it is too short"));
    }
    return status.ok();
  });
  return status;
}

absl::Status FileOutput::AppendTail(absl::Span<const char> data) {
  INGOT_CHECK(queue_ != nullptr);
  Gather(data);
  return error_.Get();
}

void FileOutput::Gather(absl::Span<const char> data) {
  in_tail_ = true;
  while (!data.empty()) {
    if (tail_.size() == 0) tail_ = AlignedBuffer(kTailBytes);
    const size_t bytes = std::min(data.size(), tail_.size() - tail_used_);
    std::memcpy(tail_.data() + tail_used_, data.data(), bytes);
    tail_used_ += bytes;
    data.remove_prefix(bytes);
    if (tail_used_ == tail_.size()) SubmitTail();
  }
}

// Hands the gathered bytes to the queue, padded to whole blocks.
void FileOutput::SubmitTail() {
  const size_t padded = RoundUp(tail_used_, kDirectAlignment);
  std::memset(tail_.data() + tail_used_, 0, padded - tail_used_);
  ExtendTo(written_ + padded);
  const absl::Span<const char> data(tail_.data(), padded);
  queue_->Submit(data, written_,
                 [this, buffer = std::exchange(tail_, AlignedBuffer())](
                     const absl::Status& status) { error_.Note(status); });
  written_ += tail_used_;
  tail_used_ = 0;
}

void FileOutput::ExtendTo(uint64_t end) {
  if (end <= extended_) return;
  const uint64_t size = RoundUp(end, kDirectAlignment) + extend_bytes_;
  const int fd = file_.fd.get();
  bool extended = false;
  if (HasRoomToSpare(fd, size - extended_)) {
    extended =
        fallocate(fd, 0, static_cast<off_t>(extended_), static_cast<off_t>(size - extended_)) == 0;
  }
  extended = extended || ftruncate(fd, static_cast<off_t>(size)) == 0;
  // Where neither works, writes extend the file themselves or fail with the reason.
  extended_ = extended ? size : end;
  extend_bytes_ = std::min(extend_bytes_ * 2, kExtendBytesMax);
}

absl::Status FileOutput::Finish() {
  if (tail_used_ > 0) SubmitTail();
  queue_->Drain();
  INGOT_RETURN_IF_ERROR(error_.Get());
  const int fd = file_.fd.get();
  while (ftruncate(fd, static_cast<off_t>(written_)) != 0) {
    if (errno != EINTR) return ErrnoStatus(errno, "cut to its length", options_.path);
  }
  if (fchmod(fd, options_.mode) != 0) {
    return ErrnoStatus(errno, "set the mode of", options_.path);
  }
  // Never tried again: after a failure the kernel may have dropped what it could not write.
  if (fsync(fd) != 0) return ErrnoStatus(errno, "fsync", options_.path);
  return absl::OkStatus();
}

absl::Status FileOutput::SyncDirectory() {
  if (fsync(directory_.get()) == 0 || errno == EINVAL || errno == EOPNOTSUPP) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, "fsync the directory of", options_.path);
}

absl::Status FileOutput::Publish() {
  INGOT_CHECK(queue_ != nullptr);
  absl::Status status = Finish();
  queue_.reset();  // a ring that dies ends the process: never once the file has its name
  if (status.ok()) {
    status = NameTemporaryFile(directory_.get(), name_, options_.replace, options_.path, &file_);
  }
  if (status.ok()) {
    status = SyncDirectory();
    if (!status.ok() && !options_.replace) unlinkat(directory_.get(), name_.c_str(), 0);
  }
  Abandon();  // a published file has no temporary name any more
  return status;
}

void FileOutput::Abandon() {
  if (queue_ != nullptr) queue_->Drain();
  queue_.reset();
  if (!file_.name.empty()) unlinkat(directory_.get(), file_.name.c_str(), 0);
  file_ = TemporaryFile();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Output>> OpenFileOutput(const OutputOptions& options,
                                                       Engine* engine) {
  const size_t slash = options.path.rfind('/');
  const std::string name =
      slash == std::string::npos ? options.path : options.path.substr(slash + 1);
  std::string directory = slash == std::string::npos ? "." : options.path.substr(0, slash);
  if (directory.empty()) directory.push_back('/');
  if (name.empty() || name == "." || name == "..") {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot write to ", options.path, ": it names a directory, not a file"));
  }
  absl::StatusOr<Fd> directory_fd = OpenDirectory(AT_FDCWD, directory, true);
  if (!directory_fd.ok()) {
    return Annotate(directory_fd.status(), absl::StrCat("cannot write ", options.path));
  }
  auto output = std::make_unique<FileOutput>(options, name, *std::move(directory_fd));
  const absl::Status begun = output->Begin(directory, engine);
  if (!begun.ok()) return Annotate(begun, absl::StrCat("cannot write ", options.path));
  return output;
}

}  // namespace ingot::io
