#include "core/salvage/file_parts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "core/container/frame_workers.h"
#include "core/format/bytes.h"
#include "core/format/seek_table.h"
#include "core/salvage/forgiving_reader.h"
#include "core/salvage/mark_search.h"
#include "core/salvage/unlabelled_frames.h"
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

class Scan {
 public:
  Scan(const io::ReadableFile& file, const ScanOptions& options, VerifyProgress* progress)
      : file_(file),
        progress_(progress),
        reader_([&file](uint64_t offset, absl::Span<char> out) { return file.ReadAt(offset, out); },
                file.size() * kReadBytesFactor + kReadBytesFree),
        frames_max_(1 + file.size() / kBytesOfFrameMin),
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
    INGOT_RETURN_IF_ERROR(
        UnlabelledFrames(file_.size(), &reader_, &parts_).Find(Damaged(), frames_max_));
    SortParts();
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
  uint64_t LabelEnd(uint64_t label_offset, const FrameLabel& label) const;
  absl::Status TakeIndexFrame(uint64_t offset);
  absl::Status TakeSeekTable(uint64_t offset);
  void SortParts();
  void DropFramesInFrames();
  void DropFramesInBrokenFrames();
  void DropPartsInFrames();
  std::vector<ByteRange> BrokenFrames() const;
  std::vector<ByteRange> Damaged() const;

  const io::ReadableFile& file_;
  VerifyProgress* const progress_;
  ForgivingReader reader_;  // of this thread; workers read from the file
  const uint64_t frames_max_;
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
  if (label->stored_bytes > offset || !reader_.MayRead(label->stored_bytes)) {
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
  INGOT_ASSIGN_OR_RETURN(FoundFrame found, UnderstandFrame(offset, label, /*labelled=*/true,
                                                           *scratch, parts_.members.get()));
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

absl::Status Scan::TakeIndexFrame(uint64_t offset) {
  if (file_.size() - offset < kIndexFrameHeadBytes) return absl::OkStatus();
  char bytes[kIndexFrameHeadBytes];
  INGOT_RETURN_IF_ERROR(reader_.ReadAt(offset, absl::MakeSpan(bytes)));
  const absl::StatusOr<IndexFrameHead> head = ReadIndexFrameHead(bytes);
  if (!head.ok() || head->frame_bytes > file_.size() - offset ||
      !reader_.MayRead(head->frame_bytes)) {
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
  if (!said.ok() || *said != bytes || !reader_.MayRead(bytes)) return absl::OkStatus();
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
    char magic[sizeof(kFrameMagic)];
    if (begin % kFrameAlignment == 0 && file_.ReadAt(begin, absl::MakeSpan(magic)).ok() &&
        std::equal(std::begin(magic), std::end(magic), std::begin(kFrameMagic))) {
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
  absl::flat_hash_set<std::array<uint8_t, kDigestBytes>> whole;
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
