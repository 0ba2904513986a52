#include "core/join/dump_tap.h"

#include <algorithm>
#include <utility>

#include "io/status.h"
#include "io/thread.h"

namespace ingot {
namespace {

constexpr size_t kPieceBytes = 256 << 10;
constexpr size_t kQueuedPiecesMax = 8;

}  // namespace

DumpTap::DumpTap(StreamSource* dump, std::optional<DumpDialect> dialect,
                 std::vector<WantedTable> wanted, RowSink* sink)
    : dump_(dump),
      reader_(dialect, std::move(wanted), sink),
      understood_(absl::FailedPreconditionError("it was not read to its end")) {
  absl::StatusOr<std::thread> thread = io::StartThread("ingot-rows", [this] { Run(); });
  if (thread.ok()) thread_ = *std::move(thread);
}

DumpTap::~DumpTap() { Join(); }

absl::StatusOr<size_t> DumpTap::Read(absl::Span<char> out) {
  INGOT_ASSIGN_OR_RETURN(const size_t size, dump_->Read(out));
  Keep(out.subspan(0, size));
  return size;
}

absl::Status DumpTap::Finish() {
  INGOT_RETURN_IF_ERROR(dump_->Finish());
  if (thread_.joinable()) HandOver();
  Join();
  understood_ = reader_.Finish();
  return absl::OkStatus();
}

void DumpTap::Keep(absl::Span<const char> bytes) {
  if (!thread_.joinable()) return reader_.Feed(bytes);
  while (!bytes.empty()) {
    const size_t size = std::min(bytes.size(), kPieceBytes - filling_.size());
    filling_.append(bytes.data(), size);
    bytes.remove_prefix(size);
    if (filling_.size() == kPieceBytes) HandOver();
  }
}

void DumpTap::HandOver() {
  const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return queue_.size() < kQueuedPiecesMax;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&has_room));
  queue_.push_back(std::move(filling_));
  filling_ = std::string();
  if (spare_.empty()) return filling_.reserve(kPieceBytes);
  filling_ = std::move(spare_.back());
  spare_.pop_back();
}

void DumpTap::Run() {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return ended_ || !queue_.empty();
  };
  std::string piece;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (piece.capacity() >= kPieceBytes) {
        piece.clear();
        spare_.push_back(std::move(piece));
      }
      mutex_.Await(absl::Condition(&has_work));
      if (queue_.empty()) return;
      piece = std::move(queue_.front());
      queue_.erase(queue_.begin());
    }
    reader_.Feed(piece);
  }
}

void DumpTap::Join() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  thread_.join();
}

}  // namespace ingot
