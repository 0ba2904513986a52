#include "core/create/create.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/create/large_member.h"
#include "core/create/link_names.h"
#include "core/create/pipeline.h"
#include "core/create/plan.h"
#include "core/create/seal.h"
#include "core/create/stream_member.h"
#include "core/create/walk.h"
#include "core/format/tar.h"
#include "core/glob.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/limited_io.h"
#include "io/limits.h"
#include "io/output.h"
#include "io/rate_limit.h"
#include "io/spool.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint64_t kIndexMemoryBytes = uint64_t{64} << 20;
constexpr uint64_t kDumpMemoryBytes = uint64_t{1} << 20;
constexpr uint64_t kSpoolBytesLeftFree = uint64_t{256} << 20;
constexpr int kWritesInFlight = 8;
constexpr uint64_t kDirectoriesAheadMax = 4096;
constexpr int kStandardOutput = 1;
constexpr absl::string_view kFindingsMember = "ingot/findings.json";

// Beside a file; a stream has no such place.
std::string SpoolDirectory(const CreateOptions& options, const io::Output& output) {
  if (!options.spool_directory.empty()) return options.spool_directory;
  const size_t slash = options.output.rfind('/');
  if (output.CanPatch())
    return slash == std::string::npos ? "." : options.output.substr(0, slash + 1);
  const char* temporary = std::getenv("TMPDIR");
  return temporary != nullptr ? temporary : "/tmp";
}

// A dump that is put aside must not take the last room of a file system that a server writes to.
absl::Status CheckSpoolRoom(const std::string& directory) {
  INGOT_ASSIGN_OR_RETURN(const uint64_t free, io::FreeBytes(directory));
  if (free >= kSpoolBytesLeftFree) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "no room for the dump in ", directory, ": it is put aside there because standard output ",
      "cannot be written to twice; name a directory with room in TMPDIR, or write to a file"));
}

std::unique_ptr<io::RateLimit> LimitOf(uint64_t bytes_per_second) {
  if (bytes_per_second == 0) return nullptr;
  return std::make_unique<io::RateLimit>(bytes_per_second);
}

// Bytes that lie in a spool, or in memory.
class SpoolSource : public StreamSource {
 public:
  explicit SpoolSource(const io::Spool* spool) : spool_(spool) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    out = out.first(std::min<uint64_t>(out.size(), spool_->size() - at_));
    INGOT_RETURN_IF_ERROR(spool_->Read(at_, out));
    at_ += out.size();
    return out.size();
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  const io::Spool* const spool_;
  uint64_t at_ = 0;
};

}  // namespace

class Creation::Impl {
 public:
  explicit Impl(const CreateOptions& options) : options_(options), excludes_(options.excludes) {}

  ~Impl() {
    // What is under way ends at full speed.
    if (read_limit_ != nullptr) read_limit_->Release();
    if (write_limit_ != nullptr) write_limit_->Release();
    if (pipeline_ != nullptr) pipeline_->Stop();
    if (output_ != nullptr && !sealed_) output_->Abandon();
    output_.reset();  // before the buffers that it writes from
  }

  absl::Status Begin() {
    open_files_max_ = io::RaiseOpenFilesLimit();
    INGOT_ASSIGN_OR_RETURN(engine_, io::NewEngine(options_.engine, &engine_fallback_));
    read_limit_ = LimitOf(options_.read_bytes_per_second);
    write_limit_ = LimitOf(options_.write_bytes_per_second);
    if (read_limit_ != nullptr) engine_ = io::LimitReads(std::move(engine_), read_limit_.get());
    INGOT_ASSIGN_OR_RETURN(large_reader_, engine_->NewBatchReader());
    if (options_.output == "-") {
      output_ = io::NewStreamOutput(kStandardOutput, "standard output", write_limit_.get());
    } else {
      INGOT_ASSIGN_OR_RETURN(output_, io::OpenOutputFile({.path = options_.output,
                                                          .replace = options_.replace,
                                                          .depth = kWritesInFlight,
                                                          .write_limit = write_limit_.get(),
                                                          .read_limit = read_limit_.get()},
                                                         engine_.get()));
    }
    spool_directory_ = SpoolDirectory(options_, *output_);
    index_blocks_ = std::make_unique<io::Spool>(spool_directory_, kIndexMemoryBytes);
    index_ = std::make_unique<IndexBuilder>(index_blocks_.get());
    const PipelineOptions pipeline{.threads = options_.threads,
                                   .level = options_.level,
                                   .frame_bytes = options_.frame_bytes / kChunkBytes * kChunkBytes,
                                   .memory_bytes = options_.memory_bytes,
                                   .open_files_max = open_files_max_};
    frame_bytes_ = pipeline.frame_bytes;
    INGOT_ASSIGN_OR_RETURN(
        pipeline_, Pipeline::Start(pipeline, engine_.get(), output_.get(), index_.get(), &findings_,
                                   &progress_, &clocks_));
    clocks_[RunStage::kPlan].SetThreads(1);
    return absl::OkStatus();
  }

  absl::StatusOr<StageResult> AddTree(const TreeRoot& root) {
    const WriteTotals before = BeginStage();
    const WalkOptions walking{
        .excludes = &excludes_,
        .one_file_system = options_.one_file_system,
        .leave_out = output_->identity(),
        .directories_ahead = std::min(kDirectoriesAheadMax, open_files_max_ / 8)};
    StageTimer timer(&clocks_[RunStage::kPlan]);
    // walk: entries in the order of the stream, read ahead by threads
    INGOT_ASSIGN_OR_RETURN(
        std::unique_ptr<Walk> walk,
        Walk::Begin(root, walking, &findings_, &clocks_[RunStage::kWalk], &timer));
    // plan: which members share a frame; fill, press and write follow on the pipeline's threads
    Planner planner(frame_bytes_);
    while (std::optional<Entry> entry = walk->Next()) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      INGOT_RETURN_IF_ERROR(pipeline_->status());
      INGOT_RETURN_IF_ERROR(findings_.exhausted());
      entry->link = links_.Next(entry->stat);
      if (planner.IsLarge(*entry)) {
        pipeline_->Fill(planner.Flush(), &timer);
        FillLarge(*entry, &timer);
      } else if (std::optional<FramePlan> plan = planner.Add(*std::move(entry))) {
        pipeline_->Fill(*std::move(plan), &timer);
      }
    }
    pipeline_->Fill(planner.Flush(), &timer);
    timer.WaitsForOutput();
    // Beyond this point nothing of the tree is opened any more.
    INGOT_RETURN_IF_ERROR(pipeline_->Drain());
    INGOT_RETURN_IF_ERROR(findings_.exhausted());
    return EndStage(before);
  }

  absl::StatusOr<StageResult> AddStream(const std::string& member_path, StreamSource* source) {
    const WriteTotals before = BeginStage();
    const Member member = DocumentMember(member_path, 0, io::WallClock());
    if (output_->CanPatch()) {
      INGOT_ASSIGN_OR_RETURN(stream_, AddUnsizedStream(member, frame_bytes_, source,
                                                       pipeline_.get(), output_.get(), &progress_));
    } else {
      INGOT_RETURN_IF_ERROR(AddSpooledStream(member, source));
    }
    return EndStage(before);
  }

  absl::StatusOr<StageResult> AddDocument(const std::string& member_path,
                                          absl::string_view content) {
    const WriteTotals before = BeginStage();
    const Member member = DocumentMember(member_path, content.size(), io::WallClock());
    if (content.size() <= frame_bytes_ / 2) {
      INGOT_RETURN_IF_ERROR(AddSmallDocument(member, content, pipeline_.get()));
      INGOT_RETURN_IF_ERROR(pipeline_->Drain());
    } else {
      io::Spool spool(spool_directory_, content.size());
      INGOT_RETURN_IF_ERROR(spool.Append(content));
      SpoolSource source(&spool);
      INGOT_RETURN_IF_ERROR(
          AddSizedStream(member, frame_bytes_, &source, pipeline_.get(), &progress_));
    }
    return EndStage(before);
  }

  absl::StatusOr<CreateSummary> Seal(bool findings_member) {
    if (findings_member && findings_.CountSerious() > 0) {
      INGOT_RETURN_IF_ERROR(AddDocument(std::string(kFindingsMember), findings_.ToJson()).status());
    }
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const IndexRoot facts{.created = io::WallClock(),
                          .created_by = options_.created_by,
                          .findings = findings_.CountSerious(),
                          .times = Times()};
    INGOT_ASSIGN_OR_RETURN(
        const CreateSummary summary,
        SealContainer(facts, index_.get(), *index_blocks_, &pipeline_->writer(), output_.get()));
    sealed_ = true;
    return summary;
  }

  absl::Status ForEachEntry(absl::FunctionRef<absl::Status(const IndexEntry&)> visit) {
    return index_->ForEachEntry(visit);
  }

  absl::StatusOr<std::unique_ptr<StreamSource>> ReadStream() {
    if (stream_spool_ != nullptr) return std::make_unique<SpoolSource>(stream_spool_.get());
    if (!stream_.has_value()) return absl::FailedPreconditionError("no stream was added");
    return ReadBack(*stream_, pipeline_->writer().seek_entries(), output_.get());
  }

  const CreateProgress& progress() const { return progress_; }
  Findings& findings() { return findings_; }
  std::string engine_name() const { return std::string(engine_->name()); }
  const std::string& engine_fallback() const { return engine_fallback_; }

 private:
  RunTimes Times() const {
    RunTimes times{.wall = (io::MonotonicNanoseconds() - began_) / 1000,
                   .processors = static_cast<uint64_t>(io::UsableProcessors()),
                   .stages = {}};
    for (const StageClock& clock : clocks_.of) times.stages.push_back(clock.Read());
    return times;
  }

  // Paths ascend within a stage, not across.
  WriteTotals BeginStage() {
    index_->BeginRun();
    return pipeline_->writer().totals();
  }

  StageResult EndStage(const WriteTotals& before) {
    const WriteTotals after = pipeline_->writer().totals();
    return {after.members - before.members, after.logical_bytes - before.logical_bytes,
            before.frames, after.frames};
  }

  void FillLarge(const Entry& entry, StageTimer* timer) {
    std::shared_ptr<LargeMember> member =
        LargeMember::Open(entry, frame_bytes_, large_reader_.get(), &findings_);
    if (member != nullptr) pipeline_->FillSlices(member, timer);
  }

  // Where the header cannot be patched later the size must be known first.
  absl::Status AddSpooledStream(Member member, StreamSource* source) {
    stream_spool_ = std::make_unique<io::Spool>(spool_directory_, kDumpMemoryBytes);
    io::Spool& spool = *stream_spool_;
    std::string buffer(kChunkBytes, '\0');
    while (true) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      INGOT_ASSIGN_OR_RETURN(const size_t got, source->Read(absl::MakeSpan(buffer)));
      if (got == 0) break;
      if (spool.size() + got > kDumpMemoryBytes)
        INGOT_RETURN_IF_ERROR(CheckSpoolRoom(spool_directory_));
      INGOT_RETURN_IF_ERROR(spool.Append(absl::MakeSpan(buffer).first(got)));
    }
    INGOT_RETURN_IF_ERROR(source->Finish());
    member.size = spool.size();
    SpoolSource spooled(&spool);
    return AddSizedStream(member, frame_bytes_, &spooled, pipeline_.get(), &progress_);
  }

  const CreateOptions options_;
  const GlobSet excludes_;
  uint64_t frame_bytes_ = 0;
  uint64_t open_files_max_ = 0;
  std::string engine_fallback_;
  Findings findings_;
  CreateProgress progress_;
  StageClocks clocks_;
  const uint64_t began_ = io::MonotonicNanoseconds();
  LinkNames links_;
  std::string spool_directory_;
  std::unique_ptr<io::Spool> index_blocks_;
  std::unique_ptr<IndexBuilder> index_;
  std::unique_ptr<io::RateLimit> read_limit_;   // null: none
  std::unique_ptr<io::RateLimit> write_limit_;  // null: none
  std::unique_ptr<io::Engine> engine_;
  std::unique_ptr<io::BatchReader> large_reader_;
  std::unique_ptr<io::Output> output_;
  std::unique_ptr<Pipeline> pipeline_;
  std::optional<StreamPlace> stream_;        // of the last AddStream
  std::unique_ptr<io::Spool> stream_spool_;  // the same, where the output cannot be read again
  bool sealed_ = false;
};

absl::StatusOr<std::unique_ptr<Creation>> Creation::Begin(const CreateOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  INGOT_RETURN_IF_ERROR(impl->Begin());
  return std::unique_ptr<Creation>(new Creation(std::move(impl)));
}

Creation::Creation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Creation::~Creation() = default;

absl::StatusOr<StageResult> Creation::AddTree(const TreeRoot& root) { return impl_->AddTree(root); }
absl::StatusOr<StageResult> Creation::AddStream(const std::string& member_path,
                                                StreamSource* source) {
  return impl_->AddStream(member_path, source);
}
absl::StatusOr<StageResult> Creation::AddDocument(const std::string& member_path,
                                                  absl::string_view content) {
  return impl_->AddDocument(member_path, content);
}
absl::Status Creation::ForEachEntry(absl::FunctionRef<absl::Status(const IndexEntry&)> visit) {
  return impl_->ForEachEntry(visit);
}
absl::StatusOr<std::unique_ptr<StreamSource>> Creation::ReadStream() { return impl_->ReadStream(); }
absl::StatusOr<CreateSummary> Creation::Seal(bool findings_member) {
  return impl_->Seal(findings_member);
}
const CreateProgress& Creation::progress() const { return impl_->progress(); }
Findings& Creation::findings() { return impl_->findings(); }
std::string Creation::engine_name() const { return impl_->engine_name(); }
std::string Creation::engine_fallback() const { return impl_->engine_fallback(); }

}  // namespace ingot
