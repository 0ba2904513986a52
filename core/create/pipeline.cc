#include "core/create/pipeline.h"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/create/fill.h"
#include "core/create/frame_pool.h"
#include "core/create/press.h"
#include "core/format/tar.h"
#include "io/interruption.h"
#include "io/limits.h"
#include "io/status.h"
#include "io/thread.h"

namespace ingot {
namespace {

// Fewer could not keep reading, pressing and writing going at once.
constexpr size_t kFramesMin = 4;
// Beside those that are being filled: pressed ones that wait for their turn or for the disk.
constexpr size_t kFramesWritten = 12;

// What a frame in flight may hold open: the directories of its members, and the files of a window.
constexpr uint64_t kFrameDescriptorsMax = kFrameDirectoriesMax + 64;
// The plan in the making, and everything that is no file of the source. (An eighth of the limit is
// for directories read ahead.)
constexpr uint64_t kOtherDescriptors = kFrameDirectoriesMax + 128;
constexpr uint64_t kOpenFilesMin = 2048;
static_assert((kOpenFilesMin - kOpenFilesMin / 8 - kOtherDescriptors) / kFrameDescriptorsMax >=
              kFramesMin);

struct FillJob {
  Frame frame;
  FramePlan plan;                       // whole members, or
  std::shared_ptr<LargeMember> member;  // a slice of this
  size_t slice = 0;
};

}  // namespace

class Pipeline::Impl {
 public:
  // A frame's content can outgrow its plan by this much before it takes the slow way.
  static uint64_t ContentBytesMax(uint64_t frame_bytes) { return frame_bytes + kHeaderBytesMax; }

  Impl(const PipelineOptions& options, size_t frames, io::Output* output, IndexBuilder* index,
       Findings* findings, CreateProgress* progress, StageClocks* clocks)
      : options_(options),
        buffer_bytes_(LabelledFrameBytesMax(ContentBytesMax(options.frame_bytes))),
        findings_(findings),
        progress_(progress),
        clocks_(*clocks),
        failure_([this] { WakeAll(); }),
        pool_(frames, buffer_bytes_),
        reserve_(1, buffer_bytes_),
        parallelism_(tbb::global_control::max_allowed_parallelism,
                     static_cast<size_t>(options.threads) + 1),
        arena_(options.threads, 0),
        writer_(output, index, &pool_, &reserve_, progress, &clocks_[RunStage::kWrite], &failure_) {
    clocks_[RunStage::kPress].SetThreads(static_cast<uint64_t>(options.threads));
  }

  absl::Status StartThreads(int threads, io::Engine* engine) {
    for (int i = 0; i < threads; ++i) {
      INGOT_ASSIGN_OR_RETURN(std::unique_ptr<io::BatchReader> reader, engine->NewBatchReader());
      // A shared pointer, because std::function wants to be copied.
      absl::StatusOr<std::thread> thread = io::StartThread(
          "ingot-read",
          [this, reader = std::shared_ptr(std::move(reader))] { ReadLoop(reader.get()); });
      if (thread.ok()) {
        readers_.push_back(*std::move(thread));
      } else if (readers_.empty()) {
        return thread.status();  // with one already, it goes on slower
      }
    }
    clocks_[RunStage::kFill].SetThreads(readers_.size());
    return writer_.Start();
  }

  ~Impl() { Stop(); }

  void Stop() {
    Fail(absl::CancelledError("stopped"));
    for (std::thread& reader : readers_) reader.join();
    readers_.clear();
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](int* pressing) { return *pressing == 0; }, &pressing_));
    }
    writer_.Join();
  }

  Frame NewFrame() {
    Frame frame;
    frame.buffer = pool_.Take();
    frame.sequence = next_sequence_++;
    return frame;
  }

  void Enqueue(FillJob job) {
    absl::MutexLock lock(&mutex_);
    jobs_.push_back(std::move(job));
  }

  // The arena's tasks carry nothing: each takes the oldest frame that waits.
  void Submit(Frame frame) {
    {
      absl::MutexLock lock(&mutex_);
      to_press_.push_back(std::move(frame));
      ++pressing_;
    }
    arena_.enqueue([this] { PressOldest(); });
  }

  void SubmitRaw(Frame frame) {
    PressRaw(&frame);
    writer_.Put(std::move(frame));
  }

  absl::Status Drain() {
    writer_.WaitForTurn(next_sequence_, 0);
    return failure_.status();
  }

  void Fail(absl::Status status) { failure_.Set(std::move(status)); }
  absl::Status status() const { return failure_.status(); }
  FrameWriter& writer() { return writer_; }
  uint64_t content_bytes_max() const { return ContentBytesMax(options_.frame_bytes); }

 private:
  void WakeAll() {
    pool_.Close();
    reserve_.Close();
    writer_.Stop();
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }

  void ReadLoop(io::BatchReader* reader) {
    Filler filler(reader, content_bytes_max(), findings_, progress_,
                  [this] { return failure_.failed(); });
    StageTimer timer(&clocks_[RunStage::kFill]);
    const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return stopped_ || !jobs_.empty();
    };
    while (true) {
      FillJob job;
      timer.WaitsForInput();
      {
        absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(&ready));
        if (stopped_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      timer.Works();
      if (job.member != nullptr) {
        job.member->FillSlice(job.slice, &job.frame, reader, findings_, progress_);
        Submit(std::move(job.frame));
      } else {
        FillMembers(std::move(job), reader, &filler);
      }
    }
  }

  void FillMembers(FillJob job, io::BatchReader* reader, Filler* filler) {
    const size_t fitted = filler->Fill(job.plan, &job.frame);
    const uint64_t sequence = job.frame.sequence;
    job.frame.ends_sequence = fitted == job.plan.size();
    const bool complete = job.frame.ends_sequence;
    Submit(std::move(job.frame));
    if (!complete) FillOutgrown(sequence, absl::MakeSpan(job.plan).subspan(fitted), reader, filler);
  }

  // Members that have outgrown the plan: more frames of the same sequence, through the one reserve
  // buffer. That buffer is free for us as soon as it is our turn, since nobody else's turn it is.
  void FillOutgrown(uint64_t sequence, absl::Span<const Entry> entries, io::BatchReader* reader,
                    Filler* filler) {
    uint32_t part = 1;
    const auto next_part = [&] {
      writer_.WaitForTurn(sequence, part);
      Frame frame;
      frame.buffer = reserve_.Take();
      frame.from_reserve = true;
      frame.sequence = sequence;
      frame.part = part++;
      frame.ends_sequence = false;
      return frame;
    };
    while (!entries.empty()) {
      Frame frame = next_part();
      if (frame.buffer.size() == 0) return;  // the run has failed
      const size_t fitted = filler->Fill(entries, &frame);
      const bool too_large = fitted == 0;
      Submit(std::move(frame));
      entries.remove_prefix(fitted);
      if (!too_large) continue;
      const std::unique_ptr<LargeMember> member =
          LargeMember::Open(entries.front(), options_.frame_bytes, reader, findings_);
      entries.remove_prefix(1);
      for (size_t slice = 0; member != nullptr && slice < member->slices(); ++slice) {
        frame = next_part();
        if (frame.buffer.size() == 0) return;
        member->FillSlice(slice, &frame, reader, findings_, progress_);
        Submit(std::move(frame));
      }
    }
    Frame end;
    end.sequence = sequence;
    end.part = part;
    writer_.Put(std::move(end));
  }

  void PressOldest() {
    io::NameThisThread("ingot-press");
    Frame frame;
    std::unique_ptr<Press> press;
    {
      // Its time is told before its frame: with the last one the run may end.
      const StageTimer timer(&clocks_[RunStage::kPress]);
      {
        absl::MutexLock lock(&mutex_);
        frame = std::move(to_press_.front());
        to_press_.pop_front();
        if (!presses_.empty()) {
          press = std::move(presses_.back());
          presses_.pop_back();
        }
      }
      if (press == nullptr) press = std::make_unique<Press>(options_.level, buffer_bytes_);
      if (frame.content_bytes > 0 && !failure_.failed()) Fail(press->Run(&frame));
    }
    writer_.Put(std::move(frame));
    absl::MutexLock lock(&mutex_);
    presses_.push_back(std::move(press));
    --pressing_;
  }

  const PipelineOptions options_;
  const size_t buffer_bytes_;
  Findings* const findings_;
  CreateProgress* const progress_;
  StageClocks& clocks_;
  Failure failure_;
  FramePool pool_;
  FramePool reserve_;
  uint64_t next_sequence_ = 0;  // the planner's

  absl::Mutex mutex_;
  std::deque<FillJob> jobs_ ABSL_GUARDED_BY(mutex_);    // each holds a buffer, so they are bounded
  std::deque<Frame> to_press_ ABSL_GUARDED_BY(mutex_);  // so do these
  std::vector<std::unique_ptr<Press>> presses_
      ABSL_GUARDED_BY(mutex_);  // idle ones, at most `threads`
  int pressing_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  tbb::global_control parallelism_;
  tbb::task_arena arena_;
  FrameWriter writer_;
  std::vector<std::thread> readers_;
};

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Start(PipelineOptions options,
                                                          io::Engine* engine, io::Output* output,
                                                          IndexBuilder* index, Findings* findings,
                                                          CreateProgress* progress,
                                                          StageClocks* clocks) {
  const uint64_t buffer_bytes = LabelledFrameBytesMax(Impl::ContentBytesMax(options.frame_bytes));
  const uint64_t affordable = options.memory_bytes / buffer_bytes;
  if (options.threads == 0) {
    // A press with a frame in it and a frame that waits for it each take a buffer.
    const uint64_t by_memory =
        std::min(affordable / 3, affordable - std::min(affordable, 1 + kFramesMin));
    options.threads = std::max(1, std::min(io::UsableProcessors(), static_cast<int>(by_memory)));
  }
  // One for each press, one in reserve; the rest are frames.
  const uint64_t others = static_cast<uint64_t>(options.threads) + 1;
  if (affordable < others + kFramesMin) {
    return absl::InvalidArgumentError(
        absl::StrCat("--memory is too small: ", options.threads, " threads and frames of ",
                     options.frame_bytes >> 20, " MiB need at least ",
                     ((others + kFramesMin) * buffer_bytes >> 20) + 1, " MiB"));
  }
  if (options.open_files_max < kOpenFilesMin) {
    return absl::FailedPreconditionError(
        absl::StrCat("only ", options.open_files_max, " files may be open at once, and ",
                     kOpenFilesMin, " are needed: raise the limit (ulimit -n)"));
  }
  const uint64_t by_descriptors =
      (options.open_files_max - options.open_files_max / 8 - kOtherDescriptors) /
      kFrameDescriptorsMax;
  const uint64_t wanted = static_cast<uint64_t>(engine->reader_threads()) + others + kFramesWritten;
  const uint64_t frames =
      std::max<uint64_t>(kFramesMin, std::min({affordable - others, by_descriptors, wanted}));
  const int readers = std::min(engine->reader_threads(), static_cast<int>(frames) - 1);
  auto impl = std::make_unique<Impl>(options, frames, output, index, findings, progress, clocks);
  INGOT_RETURN_IF_ERROR(impl->StartThreads(readers, engine));
  return std::unique_ptr<Pipeline>(new Pipeline(std::move(impl)));
}

Pipeline::Pipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pipeline::~Pipeline() = default;

void Pipeline::Stop() { impl_->Stop(); }

void Pipeline::Fill(FramePlan plan, StageTimer* timer) {
  if (plan.empty()) return;
  timer->WaitsForOutput();
  Frame frame = impl_->NewFrame();
  timer->Works();
  if (frame.buffer.size() == 0) return;
  impl_->Enqueue(FillJob{std::move(frame), std::move(plan), nullptr, 0});
}

void Pipeline::FillSlices(const std::shared_ptr<LargeMember>& member, StageTimer* timer) {
  timer->WaitsForOutput();
  for (size_t slice = 0; slice < member->slices(); ++slice) {
    // A large file takes minutes; nobody else looks meanwhile.
    if (absl::Status status = io::CheckInterrupted(); !status.ok()) return Fail(std::move(status));
    Frame frame = impl_->NewFrame();
    if (frame.buffer.size() == 0) return;
    impl_->Enqueue(FillJob{std::move(frame), {}, member, slice});
  }
  timer->Works();
}

Frame Pipeline::NewFrame() { return impl_->NewFrame(); }
void Pipeline::Submit(Frame frame) { impl_->Submit(std::move(frame)); }
void Pipeline::SubmitRaw(Frame frame) { impl_->SubmitRaw(std::move(frame)); }
absl::Status Pipeline::Drain() { return impl_->Drain(); }
absl::Status Pipeline::status() const { return impl_->status(); }
void Pipeline::Fail(absl::Status status) { impl_->Fail(std::move(status)); }
FrameWriter& Pipeline::writer() { return impl_->writer(); }
uint64_t Pipeline::content_bytes_max() const { return impl_->content_bytes_max(); }

}  // namespace ingot
