#include "core/salvage/file_parts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "core/container/frame_workers.h"
#include "core/format/bytes.h"
#include "core/format/seek_table.h"
#include "core/format/tar.h"
#include "core/salvage/forgiving_reader.h"
#include "core/salvage/frame_members.h"
#include "core/salvage/mark_search.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr int kThreadsForEachProcessor = 2;
// Bytes that are read for each byte of the file, to look at what may be a part. Parts of a
// container do not overlap; those of an evil file may, so that each is as large as can be.
constexpr uint64_t kReadBytesFactor = 4;
constexpr uint64_t kReadBytesFree = uint64_t{256} << 20;
// With its label none is shorter than 4096 where ingot wrote it; a torn file may have parts of
// some.
constexpr uint64_t kBytesOfFrameMin = 1024;
// Read at once where a frame's length is taken from its block headers.
constexpr size_t kHeaderWindowBytes = size_t{16} << 10;
constexpr char kZstdMagic[] = {'\x28', '\xb5', '\x2f', '\xfd'};

uint64_t NextBoundary(uint64_t offset) {
  return (offset + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

std::vector<ByteRange> Merged(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
  std::vector<ByteRange> merged;
  for (const ByteRange& range : ranges) {
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

// What is between the ranges. REQUIRES: merged.
std::vector<ByteRange> Gaps(const std::vector<ByteRange>& ranges, uint64_t file_bytes) {
  std::vector<ByteRange> gaps;
  uint64_t position = 0;
  for (const ByteRange& range : ranges) {
    if (range.begin > position) gaps.push_back({position, range.begin});
    position = range.end;
  }
  if (position < file_bytes) gaps.push_back({position, file_bytes});
  return gaps;
}

// REQUIRES: `ranges` is merged.
bool LiesInOne(const std::vector<ByteRange>& ranges, const ByteRange& range) {
  const auto behind =
      std::upper_bound(ranges.begin(), ranges.end(), range.begin,
                       [](uint64_t begin, const ByteRange& other) { return begin < other.begin; });
  return behind != ranges.begin() && range.end <= std::prev(behind)->end;
}

// Also where its label is damaged.
bool EndsAt(const FoundFrame& frame, uint64_t offset) {
  return frame.offset + LabelledFrameBytes(frame.label.stored_bytes) == offset;
}

using DigestBytes = std::array<uint8_t, kDigestBytes>;

class Scan {
 public:
  Scan(const io::ReadableFile& file, const ScanOptions& options, VerifyProgress* progress)
      : file_(file),
        progress_(progress),
        reader_(
            [&file](uint64_t offset, absl::Span<char> out) { return file.ReadAt(offset, out); }),
        frames_max_(1 + file.size() / kBytesOfFrameMin),
        bytes_to_read_(file.size() * kReadBytesFactor + kReadBytesFree),
        workers_(kFrameContentBytesMax, options.threads, kThreadsForEachProcessor,
                 [&file] { file.ReleaseLimit(); }) {
    parts_.members = std::make_unique<MemberStore>(options.spool_directory);
  }

  absl::StatusOr<FileParts> Run() {
    INGOT_RETURN_IF_ERROR(FindMarks());
    INGOT_RETURN_IF_ERROR(workers_.Finish());
    SortParts();
    DropFramesInFrames();
    DropFramesInBrokenFrames();
    INGOT_RETURN_IF_ERROR(FindFramesWithoutLabels());
    DropFramesInFrames();
    DropPartsInFrames();
    INGOT_RETURN_IF_ERROR(parts_.members->Finish());
    parts_.damaged = Damaged();
    parts_.unreadable_bytes = reader_.unreadable_bytes();
    return std::move(parts_);
  }

 private:
  absl::Status FindMarks();
  absl::Status TakeLabel(uint64_t offset);
  absl::Status CheckLabelled(uint64_t label_offset, const FrameLabel& label, FrameScratch* scratch);
  void AddBroken(uint64_t label_offset, const FrameLabel& label);
  void PutBroken(uint64_t label_offset, const FrameLabel& label)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<FoundFrame> Understand(uint64_t offset, const FrameLabel& label, bool labelled,
                                        const FrameScratch& scratch);
  uint64_t LabelEnd(uint64_t label_offset, const FrameLabel& label) const;
  absl::Status TakeIndexFrame(uint64_t offset);
  absl::Status TakeSeekTable(uint64_t offset);
  void SortParts();
  void DropFramesInFrames();
  void DropFramesInBrokenFrames();
  void DropPartsInFrames();
  absl::Status FindFramesWithoutLabels();
  absl::StatusOr<uint64_t> TryWithoutLabel(uint64_t offset, uint64_t limit,
                                           const FoundFrame* before, FrameScratch* scratch);
  absl::StatusOr<FrameExtent> Measure(uint64_t offset, uint64_t limit);
  void AddHead(const FoundFrame& frame);
  void LabelAsSlice(const FoundFrame& before, FrameLabel* label) const;
  std::vector<ByteRange> BrokenFrames() const;
  std::vector<ByteRange> Damaged() const;
  // Whether so many bytes more may be looked at, which is false for no honest file.
  bool MayRead(uint64_t bytes) {
    if (bytes > bytes_to_read_) return false;
    bytes_to_read_ -= bytes;
    return true;
  }

  const io::ReadableFile& file_;
  VerifyProgress* const progress_;
  ForgivingReader reader_;  // of this thread; workers read from the file
  const uint64_t frames_max_;
  uint64_t bytes_to_read_;
  // How long members are that go on in slices, by the hash of their path.
  absl::flat_hash_map<DigestBytes, uint64_t> heads_;
  std::vector<ByteRange> others_;  // whole parts that are neither frames nor index

  absl::Mutex mutex_;
  FileParts parts_;  // frames and broken ones: guarded by mutex_ while there are workers
  FrameWorkers workers_;
};

absl::Status Scan::FindMarks() {
  const auto read = [this](uint64_t offset, absl::Span<char> out) {
    progress_->bytes = offset;
    return reader_.ReadAt(offset, out);
  };
  return ForEachMark(file_.size(), read, [this](Mark mark, uint64_t offset) -> absl::Status {
    switch (mark) {
      case Mark::kLabel:
        return TakeLabel(offset);
      case Mark::kIndex:
        return TakeIndexFrame(offset);
      case Mark::kSeekTable:
        return TakeSeekTable(offset);
      case Mark::kEndOfArchive:
        others_.push_back({offset, offset + EndOfArchiveFrame().size()});
        return absl::OkStatus();
    }
    return absl::OkStatus();
  });
}

absl::Status Scan::TakeLabel(uint64_t offset) {
  if (file_.size() - offset < kLabelFixedBytes) return absl::OkStatus();
  char bytes[kLabelFixedBytes];
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, absl::MakeSpan(bytes)));
  const absl::StatusOr<FrameLabel> label = ParseLabelFacts(bytes);
  if (!label.ok()) return absl::OkStatus();
  if (label->stored_bytes > offset || !MayRead(label->stored_bytes)) {
    AddBroken(offset, *label);
    return absl::OkStatus();
  }
  return workers_.Submit([this, offset, facts = *label](FrameWorker& worker) {
    return CheckLabelled(offset, facts, &worker.scratch);
  });
}

void Scan::AddBroken(uint64_t label_offset, const FrameLabel& label) {
  absl::MutexLock lock(&mutex_);
  PutBroken(label_offset, label);
}

void Scan::PutBroken(uint64_t label_offset, const FrameLabel& label) {
  if (parts_.broken.size() == frames_max_) {
    ++parts_.broken_more;
  } else {
    parts_.broken.push_back({label_offset, label});
  }
}

absl::Status Scan::CheckLabelled(uint64_t label_offset, const FrameLabel& label,
                                 FrameScratch* scratch) {
  const uint64_t offset = label_offset - label.stored_bytes;
  absl::Status read = ReadFoundFrame(file_, offset, label, scratch);
  if (absl::IsCancelled(read)) return read;
  if (!read.ok()) {
    AddBroken(label_offset, label);
    return absl::OkStatus();
  }
  INGOT_ASSIGN_OR_RETURN(FoundFrame found, Understand(offset, label, /*labelled=*/true, *scratch));
  found.end = LabelEnd(label_offset, label);
  progress_->frames += 1;
  absl::MutexLock lock(&mutex_);
  if (parts_.frames.size() == frames_max_) {
    PutBroken(label_offset, label);
  } else {
    parts_.frames.push_back(std::move(found));
  }
  return absl::OkStatus();
}

// Where its zeros end, or its facts when those are not all there.
uint64_t Scan::LabelEnd(uint64_t label_offset, const FrameLabel& label) const {
  const uint64_t facts_end = label_offset + kLabelFixedBytes;
  const uint64_t end = label_offset - label.stored_bytes + LabelledFrameBytes(label.stored_bytes);
  std::array<char, kFrameAlignment + kLabelFixedBytes> zeros;
  const absl::Span<char> padding = absl::MakeSpan(zeros).first(end - facts_end);
  if (end > file_.size() || !file_.ReadAt(facts_end, padding).ok()) return facts_end;
  const bool whole =
      std::all_of(padding.begin(), padding.end(), [](char byte) { return byte == 0; });
  return whole ? end : facts_end;
}

// REQUIRES: the frame was unpacked into `scratch`.
absl::StatusOr<FoundFrame> Scan::Understand(uint64_t offset, const FrameLabel& label, bool labelled,
                                            const FrameScratch& scratch) {
  const bool trusted = labelled || label.continues;
  FrameMembers members = ReadFrameMembers(trusted ? &label : nullptr, scratch.content);
  FoundFrame found;
  found.offset = offset;
  found.end = offset + label.stored_bytes;
  found.label = label;
  found.labelled = labelled;
  found.checksum = FrameChecksum(absl::MakeConstSpan(scratch.stored.data(), label.stored_bytes));
  found.unparsed_bytes = static_cast<uint32_t>(label.content_bytes - members.parsed_bytes);
  found.head = std::move(members.head);
  found.head_bytes = members.head_bytes;
  for (const IndexEntry& entry : members.whole) {
    // Ordinary frames ascend; of others the outermost paths.
    if (found.first_path.empty() || ComparePaths(entry.path, found.first_path) < 0) {
      found.first_path = entry.path;
    }
    if (ComparePaths(entry.path, found.last_path) > 0) found.last_path = entry.path;
  }
  if (found.head.has_value()) {
    const std::string& path = found.head->path;
    if (found.first_path.empty() || ComparePaths(path, found.first_path) < 0) {
      found.first_path = path;
    }
    if (ComparePaths(path, found.last_path) > 0) found.last_path = path;
  }
  for (std::string* path : {&found.first_path, &found.last_path}) {
    *path = path->substr(0, kPathKeyBytesMax);
  }
  INGOT_ASSIGN_OR_RETURN(found.members, parts_.members->Append(members.whole));
  return found;
}

absl::Status Scan::TakeIndexFrame(uint64_t offset) {
  if (file_.size() - offset < kIndexFrameHeadBytes) return absl::OkStatus();
  char bytes[kIndexFrameHeadBytes];
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, absl::MakeSpan(bytes)));
  const absl::StatusOr<IndexFrameHead> head = ReadIndexFrameHead(bytes);
  if (!head.ok() || head->frame_bytes > file_.size() - offset || !MayRead(head->frame_bytes)) {
    return absl::OkStatus();
  }
  std::string frame(head->frame_bytes, '\0');
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, absl::MakeSpan(frame)));
  const bool whole = head->kind == IndexFrameKind::kRoot ? ParseIndexRoot(frame).ok()
                                                         : ParseIndexBlock(frame).ok();
  if (whole) parts_.index.push_back({head->kind, offset, head->frame_bytes});
  return absl::OkStatus();
}

absl::Status Scan::TakeSeekTable(uint64_t offset) {
  char head[kSkippableHeaderBytes];
  if (file_.size() - offset < sizeof(head) + kSeekTableFooterBytes) return absl::OkStatus();
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, absl::MakeSpan(head)));
  const uint64_t bytes = kSkippableHeaderBytes + uint64_t{LoadLittle<uint32_t>(head + 4)};
  if (bytes < sizeof(head) + kSeekTableFooterBytes || bytes > file_.size() - offset ||
      bytes > kSeekTableBytesMax) {
    return absl::OkStatus();
  }
  char footer[kSeekTableFooterBytes];
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset + bytes - sizeof(footer), absl::MakeSpan(footer)));
  const absl::StatusOr<uint64_t> said = SeekTableBytes(footer);
  if (!said.ok() || *said != bytes || !MayRead(bytes)) return absl::OkStatus();
  std::string table(bytes, '\0');
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, absl::MakeSpan(table)));
  if (ParseSeekTable(table).ok()) others_.push_back({offset, offset + bytes});
  return absl::OkStatus();
}

// The workers have ended in any order.
void Scan::SortParts() {
  absl::MutexLock lock(&mutex_);
  std::sort(parts_.frames.begin(), parts_.frames.end(),
            [](const FoundFrame& a, const FoundFrame& b) { return a.offset < b.offset; });
  std::sort(
      parts_.broken.begin(), parts_.broken.end(),
      [](const BrokenFrame& a, const BrokenFrame& b) { return a.label_offset < b.label_offset; });
}

void Scan::DropFramesInFrames() {
  absl::MutexLock lock(&mutex_);
  uint64_t end = 0;
  std::erase_if(parts_.frames, [&end](const FoundFrame& frame) {
    if (frame.offset < end) return true;
    end = frame.offset + frame.label.stored_bytes;
    return false;
  });
}

// Those that still begin as they should, so that nothing was cut out of them.
std::vector<ByteRange> Scan::BrokenFrames() const {
  std::vector<ByteRange> ranges;
  for (const BrokenFrame& broken : parts_.broken) {
    if (broken.label.stored_bytes > broken.label_offset) continue;
    const uint64_t begin = broken.label_offset - broken.label.stored_bytes;
    char magic[sizeof(kZstdMagic)];
    if (begin % kFrameAlignment == 0 && file_.ReadAt(begin, absl::MakeSpan(magic)).ok() &&
        std::equal(std::begin(magic), std::end(magic), std::begin(kZstdMagic))) {
      ranges.push_back({begin, broken.label_offset});
    }
  }
  return Merged(std::move(ranges));
}

// A small container inside of a member that zstd could not make smaller lies in the frame as it
// is. When that frame is broken, it must not be taken for a part of the outer one: frames at odd
// places are none of ours where the frame around them still begins as it should.
void Scan::DropFramesInBrokenFrames() {
  absl::MutexLock lock(&mutex_);
  const std::vector<ByteRange> broken = BrokenFrames();
  std::erase_if(parts_.frames, [&broken](const FoundFrame& frame) {
    return frame.offset % kFrameAlignment != 0 && LiesInOne(broken, {frame.offset, frame.end});
  });
}

// What such a container has besides frames; and labels of a frame that is there once more, whole.
void Scan::DropPartsInFrames() {
  std::vector<ByteRange> around = BrokenFrames();
  absl::flat_hash_set<DigestBytes> whole;
  for (const FoundFrame& frame : parts_.frames) {
    around.push_back({frame.offset, frame.offset + frame.label.stored_bytes});
    whole.insert(frame.label.stored_digest.bytes);
  }
  around = Merged(std::move(around));
  std::erase_if(parts_.index, [&around](const FoundIndexFrame& frame) {
    return LiesInOne(around, {frame.offset, frame.offset + frame.bytes});
  });
  std::erase_if(others_, [&around](const ByteRange& other) { return LiesInOne(around, other); });
  std::erase_if(parts_.broken, [&](const BrokenFrame& broken) {
    const ByteRange label{broken.label_offset, broken.label_offset + kLabelFixedBytes};
    return LiesInOne(around, label) || whole.contains(broken.label.stored_digest.bytes);
  });
}

// Its blocks may be many and short.
absl::StatusOr<FrameExtent> Scan::Measure(uint64_t offset, uint64_t limit) {
  std::string window;
  uint64_t window_at = 0;
  return MeasureFrame([&](uint64_t at, absl::Span<char> out) -> absl::Status {
    if (at + out.size() > limit - offset) return absl::DataLossError("cut off");
    if (at < window_at || at + out.size() > window_at + window.size()) {
      window_at = at;
      window.resize(std::min<uint64_t>(kHeaderWindowBytes, limit - offset - at));
      if (!MayRead(window.size())) return absl::DataLossError("too much to look at");
      INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset + at, absl::MakeSpan(window)));
    }
    std::copy_n(window.data() + (at - window_at), out.size(), out.data());
    return absl::OkStatus();
  });
}

void Scan::AddHead(const FoundFrame& frame) {
  if (!frame.head.has_value()) return;
  const uint64_t bytes = frame.head->stored_bytes;
  const auto [at, added] = heads_.emplace(HashBytes(frame.head->path).bytes, bytes);
  if (!added && at->second != bytes) at->second = 0;  // several versions: which one, who knows
}

// What goes on in the frame right `before`, if its header is there and the length fits.
void Scan::LabelAsSlice(const FoundFrame& before, FrameLabel* label) const {
  const auto head = heads_.find(before.label.member.bytes);
  if (!before.label.continued || head == heads_.end()) return;
  const uint64_t offset = before.label.continues
                              ? before.label.member_offset + before.label.content_bytes
                              : before.head_bytes;
  if (offset >= head->second) return;
  const uint64_t left = head->second - offset;
  if (label->content_bytes >= left && label->content_bytes != left + TarPadding(head->second)) {
    return;
  }
  label->continues = true;
  label->continued = label->content_bytes < left;
  label->member = before.label.member;
  label->member_offset = offset;
}

// The frame `before` it ends with its label, or the place of that, where this one begins.
absl::StatusOr<uint64_t> Scan::TryWithoutLabel(uint64_t offset, uint64_t limit,
                                               const FoundFrame* before, FrameScratch* scratch) {
  const uint64_t next = offset + kFrameAlignment;
  const absl::StatusOr<FrameExtent> extent = Measure(offset, limit);
  if (absl::IsCancelled(extent.status())) return extent.status();
  if (!extent.ok() || extent->stored_bytes > limit - offset) return next;
  const uint64_t end = offset + extent->stored_bytes;
  const auto broken =
      std::lower_bound(parts_.broken.begin(), parts_.broken.end(), end,
                       [](const BrokenFrame& a, uint64_t at) { return a.label_offset < at; });
  if (broken != parts_.broken.end() && broken->label_offset == end) return next;
  if (!MayRead(extent->stored_bytes) || parts_.frames.size() >= frames_max_) return next;

  FrameLabel label;
  label.stored_bytes = static_cast<uint32_t>(extent->stored_bytes);
  label.content_bytes = static_cast<uint32_t>(extent->content_bytes);
  if (scratch->stored.size() < label.stored_bytes) {
    scratch->stored = io::AlignedBuffer(label.stored_bytes);
  }
  const absl::Span<char> stored(scratch->stored.data(), label.stored_bytes);
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, stored));
  label.stored_digest = HashBytes(stored);
  if (!UnpackFrame(stored, label, scratch).ok()) return next;
  if (before != nullptr) LabelAsSlice(*before, &label);
  INGOT_ASSIGN_OR_RETURN(FoundFrame found, Understand(offset, label, /*labelled=*/false, *scratch));
  if (found.unparsed_bytes > 0) return next;  // none of ours
  if (found.head.has_value()) {
    found.label.continued = true;
    found.label.member = HashBytes(found.head->path);
  }
  AddHead(found);
  progress_->frames += 1;
  parts_.frames.push_back(std::move(found));
  return offset + LabelledFrameBytes(label.stored_bytes);
}

// They begin where nothing was found, but may hold what was: parts of a member, at odd places.
absl::Status Scan::FindFramesWithoutLabels() {
  FrameScratch scratch;
  std::vector<FoundFrame>& frames = parts_.frames;
  for (const FoundFrame& frame : frames) AddHead(frame);
  const size_t labelled = frames.size();
  size_t behind = 0;  // the first frame behind the gap
  size_t limiting = 0;
  uint64_t at = 0;
  for (const ByteRange& gap : Damaged()) {
    while (behind < labelled && frames[behind].offset < gap.end) ++behind;
    limiting = std::max(limiting, behind);
    while (limiting < labelled && frames[limiting].offset % kFrameAlignment != 0) ++limiting;
    const uint64_t limit = limiting < labelled ? frames[limiting].offset : file_.size();
    at = std::max(at, NextBoundary(gap.begin));
    while (at + kLabelFixedBytes < gap.end) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      char magic[sizeof(kZstdMagic)];
      INGOT_RETURN_IF_ERROR(reader_.ReadAt(at, absl::MakeSpan(magic)));
      if (!std::equal(std::begin(magic), std::end(magic), std::begin(kZstdMagic))) {
        at += kFrameAlignment;
        continue;
      }
      const FoundFrame* before = nullptr;
      if (behind > 0 && EndsAt(frames[behind - 1], at)) before = &frames[behind - 1];
      if (frames.size() > labelled && EndsAt(frames.back(), at)) before = &frames.back();
      INGOT_ASSIGN_OR_RETURN(at, TryWithoutLabel(at, limit, before, &scratch));
    }
  }
  SortParts();
  return absl::OkStatus();
}

std::vector<ByteRange> Scan::Damaged() const {
  std::vector<ByteRange> whole = others_;
  for (const FoundFrame& frame : parts_.frames) whole.push_back({frame.offset, frame.end});
  for (const FoundIndexFrame& frame : parts_.index) {
    whole.push_back({frame.offset, frame.offset + frame.bytes});
  }
  return Gaps(Merged(std::move(whole)), file_.size());
}

}  // namespace

absl::StatusOr<FileParts> ScanFile(const io::ReadableFile& file, const ScanOptions& options,
                                   VerifyProgress* progress) {
  return Scan(file, options, progress).Run();
}

}  // namespace ingot
