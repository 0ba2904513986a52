#include "core/create/write.h"

#include <memory>

#include "io/status.h"
#include "io/thread.h"

namespace ingot {

FrameWriter::FrameWriter(io::Output* output, IndexBuilder* index, FramePool* pool,
                         FramePool* reserve, CreateProgress* progress, StageClock* clock,
                         Failure* failure)
    : output_(output),
      index_(index),
      pool_(pool),
      reserve_(reserve),
      progress_(progress),
      clock_(clock),
      failure_(failure) {}

absl::Status FrameWriter::Start() {
  INGOT_ASSIGN_OR_RETURN(thread_, io::StartThread("ingot-frames", [this] { Loop(); }));
  clock_->SetThreads(1);
  return absl::OkStatus();
}

FrameWriter::~FrameWriter() { Join(); }

void FrameWriter::Join() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void FrameWriter::Put(Frame frame) {
  const std::pair<uint64_t, uint32_t> key(frame.sequence, frame.part);
  absl::MutexLock lock(&mutex_);
  waiting_.emplace(key, std::move(frame));
}

void FrameWriter::WaitForTurn(uint64_t sequence, uint32_t part) {
  const std::pair<uint64_t, uint32_t> turn(sequence, part);
  const auto reached = [this, &turn]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || next_ == turn;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&reached));
}

void FrameWriter::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
}

WriteTotals FrameWriter::totals() const {
  absl::MutexLock lock(&mutex_);
  return totals_;
}

void FrameWriter::NotePatched(uint64_t frame_number, uint32_t checksum) {
  seek_entries_[2 * frame_number].checksum = checksum;
}

void FrameWriter::Loop() {
  StageTimer timer(clock_);
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || (!waiting_.empty() && waiting_.begin()->first == next_);
  };
  while (true) {
    Frame frame;
    timer.WaitsForInput();
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      if (stopped_) return;
      frame = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
    timer.Works();
    const std::pair<uint64_t, uint32_t> following =
        frame.ends_sequence ? std::pair<uint64_t, uint32_t>(frame.sequence + 1, 0)
                            : std::pair<uint64_t, uint32_t>(frame.sequence, frame.part + 1);
    Write(std::move(frame), &timer);
    absl::MutexLock lock(&mutex_);
    next_ = following;
  }
}

void FrameWriter::Write(Frame frame, StageTimer* timer) {
  FramePool* const home = frame.from_reserve ? reserve_ : pool_;
  // Without content it ends its sequence; not pressed, the run has failed.
  if (frame.stored_bytes == 0) {
    if (frame.buffer.size() > 0) home->Return(std::move(frame.buffer));
    return;
  }
  if (seek_entries_.size() >= kSeekEntriesMax / 2) {
    failure_->Set(absl::FailedPreconditionError(
        "more frames than a container can have: choose a larger --frame-size"));
  }
  IndexMembers(frame, seek_entries_.size() / 2);
  const uint32_t zstd_bytes = frame.label.stored_bytes;
  seek_entries_.push_back({zstd_bytes, frame.label.content_bytes, frame.checksum});
  seek_entries_.push_back({static_cast<uint32_t>(frame.stored_bytes) - zstd_bytes, 0, 0});
  {
    absl::MutexLock lock(&mutex_);
    ++totals_.frames;
    totals_.stream_bytes += frame.content_bytes;
  }
  progress_->written_bytes += frame.stored_bytes;
  static_assert(kFrameAlignment % io::kDirectAlignment == 0);
  const absl::Span<const char> bytes(frame.buffer.data(), frame.stored_bytes);
  timer->WaitsForOutput();
  output_->Append(bytes, [buffer = std::move(frame.buffer), home,
                          failure = failure_](absl::Status status) mutable {
    failure->Set(std::move(status));
    home->Return(std::move(buffer));
  });
}

void FrameWriter::IndexMembers(Frame& frame, uint64_t number) {
  for (FrameMember& member : frame.members) {
    member.entry.frame = number;
    Add(member.entry);
  }
  if (frame.spanning == nullptr) return;
  SpanningMember& spanning = *frame.spanning;
  if (!frame.label.continues) spanning.entry.frame = number;
  spanning.digest.Append(frame.chunks);
  if (frame.label.continued) return;
  spanning.entry.digest = spanning.digest.Finish();
  spanning.entry.changed = spanning.changed;
  spanning.entry.cut = spanning.cut;
  spanning.entry.zero_filled = spanning.zero_filled;
  Add(spanning.entry);
}

void FrameWriter::Add(const IndexEntry& entry) {
  failure_->Set(index_->Add(entry));
  ++progress_->members;
  if (entry.type == MemberType::kDirectory) ++progress_->directories;
  absl::MutexLock lock(&mutex_);
  ++totals_.members;
  totals_.logical_bytes += entry.size;
}

}  // namespace ingot
