#include "io/limited_io.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "io/status.h"

namespace ingot::io {
namespace {

class LimitedBatchReader : public BatchReader {
 public:
  LimitedBatchReader(std::unique_ptr<BatchReader> reader, RateLimit* limit)
      : reader_(std::move(reader)), limit_(limit) {}

  void Open(absl::Span<OpenRequest> requests) override { reader_->Open(requests); }

  // As many requests at once as make one piece, so that small files keep their depth.
  void Read(absl::Span<ReadRequest> requests) override {
    while (!requests.empty()) {
      if (requests.front().length > limit_->piece_bytes()) {
        ReadInPieces(&requests.front());
        requests.remove_prefix(1);
        continue;
      }
      size_t count = 0;
      uint64_t bytes = 0;
      while (count < requests.size() && requests[count].length <= limit_->piece_bytes() - bytes) {
        bytes += requests[count++].length;
      }
      limit_->Take(bytes);
      reader_->Read(requests.first(count));
      requests.remove_prefix(count);
    }
  }

 private:
  void ReadInPieces(ReadRequest* request) {
    request->result = 0;
    MoveInPieces(limit_, request->length, [this, request](uint64_t offset, uint64_t length) {
      ReadRequest piece = *request;
      piece.data += offset;
      piece.length = length;
      piece.offset += offset;
      reader_->Read(absl::MakeSpan(&piece, 1));
      request->result = piece.result < 0 ? piece.result : request->result + piece.result;
      return piece.result == static_cast<int64_t>(length);
    });
  }

  const std::unique_ptr<BatchReader> reader_;
  RateLimit* const limit_;
};

class LimitedEngine : public Engine {
 public:
  LimitedEngine(std::unique_ptr<Engine> engine, RateLimit* limit)
      : engine_(std::move(engine)), limit_(limit) {}

  absl::string_view name() const override { return engine_->name(); }
  int reader_threads() const override { return engine_->reader_threads(); }
  absl::StatusOr<std::unique_ptr<BatchReader>> NewBatchReader() override {
    INGOT_ASSIGN_OR_RETURN(std::unique_ptr<BatchReader> reader, engine_->NewBatchReader());
    return std::make_unique<LimitedBatchReader>(std::move(reader), limit_);
  }
  absl::StatusOr<std::unique_ptr<WriteQueue>> NewWriteQueue(int fd, std::string path,
                                                            int depth) override {
    return engine_->NewWriteQueue(fd, std::move(path), depth);
  }

 private:
  const std::unique_ptr<Engine> engine_;
  RateLimit* const limit_;
};

// One write that became several: tells the first error once the last of them has ended.
class SplitWrite {
 public:
  SplitWrite(uint64_t bytes, WriteQueue::Done done) : left_(bytes), done_(std::move(done)) {}

  void NoteEnd(uint64_t bytes, const absl::Status& status) {
    absl::Status result;
    {
      absl::MutexLock lock(&mutex_);
      status_.Update(status);
      left_ -= bytes;
      if (left_ > 0) return;
      result = status_;
    }
    done_(result);
  }

 private:
  absl::Mutex mutex_;
  uint64_t left_ ABSL_GUARDED_BY(mutex_);  // bytes
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  WriteQueue::Done done_;  // of the last piece
};

class LimitedWriteQueue : public WriteQueue {
 public:
  LimitedWriteQueue(std::unique_ptr<WriteQueue> queue, RateLimit* limit)
      : queue_(std::move(queue)), limit_(limit) {}

  void Submit(absl::Span<const char> data, uint64_t offset, Done done) override {
    if (data.size() <= limit_->piece_bytes()) {
      limit_->Take(data.size());
      return queue_->Submit(data, offset, std::move(done));
    }
    auto whole = std::make_shared<SplitWrite>(data.size(), std::move(done));
    MoveInPieces(limit_, data.size(), [&](uint64_t at, uint64_t length) {
      queue_->Submit(
          data.subspan(at, length), offset + at,
          [whole, length](const absl::Status& status) { whole->NoteEnd(length, status); });
      return true;
    });
  }
  void Drain() override { queue_->Drain(); }

 private:
  const std::unique_ptr<WriteQueue> queue_;
  RateLimit* const limit_;
};

}  // namespace

std::unique_ptr<Engine> LimitReads(std::unique_ptr<Engine> engine, RateLimit* limit) {
  return std::make_unique<LimitedEngine>(std::move(engine), limit);
}

std::unique_ptr<WriteQueue> LimitWrites(std::unique_ptr<WriteQueue> queue, RateLimit* limit) {
  return std::make_unique<LimitedWriteQueue>(std::move(queue), limit);
}

}  // namespace ingot::io
