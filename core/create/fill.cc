#include "core/create/fill.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "core/create/describe.h"
#include "core/format/tar.h"
#include "io/fd.h"
#include "io/status.h"

namespace ingot {
namespace {

// Files open at once, and so reads in flight, for one reader thread.
constexpr size_t kWindowEntries = 64;
constexpr size_t kNotOpened = std::numeric_limits<size_t>::max();

// Names of files with several links are dealt with one at a time: each waits for the one before it.
size_t WindowEnd(absl::Span<const Entry> entries, size_t begin) {
  if (entries[begin].link != nullptr) return begin + 1;
  size_t end = begin + 1;
  while (end < entries.size() && end - begin < kWindowEntries && entries[end].link == nullptr)
    ++end;
  return end;
}

}  // namespace

struct Filler::Laid {
  size_t entry = 0;     // in the window
  size_t member = 0;    // in the frame
  size_t position = 0;  // of its header in the frame's content
  int fd = -1;          // not owned; of regular files
  io::FileStat before;
  size_t reads_begin = 0;  // in reads_
  size_t reads_end = 0;
  size_t padding_begin = 0;  // in the frame's content, after what is read
  size_t padding = 0;        // bytes; set once all is read, which may write here
};

Filler::Filler(io::BatchReader* reader, uint64_t content_bytes_max, Findings* findings,
               CreateProgress* progress, std::function<bool()> cancelled)
    : reader_(reader),
      content_bytes_max_(content_bytes_max),
      findings_(findings),
      progress_(progress),
      cancelled_(std::move(cancelled)) {}

Filler::~Filler() = default;

size_t Filler::Fill(absl::Span<const Entry> entries, Frame* frame) {
  bool last_try = false;
  for (size_t next = 0; next < entries.size();) {
    const size_t window = WindowEnd(entries, next) - next;
    const WindowResult result = FillWindow(entries.subspan(next, window), last_try, frame);
    next += result.done;
    if (result.full) return next;
    // It stopped before a file that shrank: that one is laid out anew, once.
    last_try = result.done < window;
  }
  return entries.size();
}

Filler::WindowResult Filler::FillWindow(absl::Span<const Entry> window, bool last_try,
                                        Frame* frame) {
  const std::string carrier = AwaitCarrier(window.front(), cancelled_);
  const absl::Cleanup close_all = [this] {
    for (const io::OpenRequest& open : opens_) io::Fd closing(open.result);
  };
  laid_.clear();
  reads_.clear();
  OpenAll(window, carrier);
  WindowResult result;
  for (size_t i = 0; i < window.size() && !result.full; ++i) {
    result.full = LayOut(window[i], i, carrier, frame) == Outcome::kFull;
    if (!result.full) result.done = i + 1;
  }
  const size_t read = ReadAll(window, last_try, frame);
  if (read < laid_.size()) result = {laid_[read].entry, false};
  if (result.done > 0) {
    ResolveLink(window.front(), !laid_.empty() && IsSameFile(window.front(), laid_.front()));
  }
  return result;
}

// Whether what was stored is the file whose names the walk counted: another one may have taken its
// place, and no other name must be linked to that.
bool Filler::IsSameFile(const Entry& entry, const Laid& laid) const {
  if (entry.link == nullptr) return true;
  if (laid.fd >= 0) return laid.before.IsSameInode(entry.stat);
  const absl::StatusOr<io::FileStat> now = io::StatAt(entry.parent->descriptor(), entry.name);
  return now.ok() && now->IsSameInode(entry.stat);
}

void Filler::OpenAll(absl::Span<const Entry> window, const std::string& carrier) {
  opens_.clear();
  open_of_.assign(window.size(), kNotOpened);
  for (size_t i = 0; i < window.size(); ++i) {
    if (!window[i].stat.IsRegular() || !carrier.empty()) continue;
    open_of_[i] = opens_.size();
    opens_.push_back(
        {window[i].parent->descriptor(), window[i].name.c_str(), io::kReadSourceFlags, -1});
  }
  reader_->Open(absl::MakeSpan(opens_));
}

Filler::Outcome Filler::LayOut(const Entry& entry, size_t i, const std::string& carrier,
                               Frame* frame) {
  const auto lost = [&](const absl::Status& status) {
    findings_->AddLost(entry.member_path, status);
    return Outcome::kLost;
  };
  if (!carrier.empty())
    return Put(entry, DescribeHardLink(entry, carrier), entry.stat, i, -1, frame);
  if (open_of_[i] == kNotOpened) {
    const absl::StatusOr<Member> member = DescribeOther(entry, findings_);
    return member.ok() ? Put(entry, *member, entry.stat, i, -1, frame) : lost(member.status());
  }
  const int fd = opens_[open_of_[i]].result;
  if (fd == -ELOOP) return lost(absl::NotFoundError("replaced by a symbolic link"));
  if (fd < 0) return lost(ErrnoStatus(-fd, "open", entry.name));
  const absl::StatusOr<io::FileStat> stat = io::StatFd(fd);
  if (!stat.ok()) return lost(stat.status());
  if (!stat->IsRegular()) return lost(absl::NotFoundError("no longer a regular file"));
  return Put(entry, DescribeRegular(entry, *stat, fd, findings_), *stat, i, fd, frame);
}

Filler::Outcome Filler::Put(const Entry& entry, const Member& member, const io::FileStat& stat,
                            size_t i, int fd, Frame* frame) {
  header_.clear();
  if (const absl::Status status = AppendTarHeader(member, &header_); !status.ok()) {
    findings_->AddLost(entry.member_path, status);
    return Outcome::kLost;
  }
  const uint64_t stored = member.StoredContentBytes();
  const uint64_t room = content_bytes_max_ - frame->content_bytes;
  if (stored > room || header_.size() + stored + TarPadding(stored) > room) return Outcome::kFull;

  Laid laid{i, frame->members.size(), frame->content_bytes, fd, stat, reads_.size(), 0, 0, 0};
  FrameMember placed{IndexEntryOf(member, stat), {}};
  placed.entry.frame_offset = static_cast<uint32_t>(frame->content_bytes);
  std::memcpy(frame->buffer.data() + frame->content_bytes, header_.data(), header_.size());
  size_t position = frame->content_bytes + header_.size();
  const auto stretch = [&](uint64_t offset, uint64_t length) {
    placed.content.push_back({offset, length, position});
    reads_.push_back({.fd = fd,
                      .data = frame->buffer.data() + position,
                      .length = length,
                      .offset = offset,
                      .may_bypass_cache = true});
    position += length;
  };
  for (const io::Extent& extent : member.extents) stretch(extent.offset, extent.length);
  if (!member.sparse && stored > 0) stretch(0, stored);
  laid.reads_end = reads_.size();
  laid.padding_begin = position;
  laid.padding = TarPadding(stored);
  if (laid.reads_end > laid.reads_begin) reads_.back().slack = laid.padding;
  frame->content_bytes = position + laid.padding;
  laid_.push_back(laid);
  frame->members.push_back(std::move(placed));
  return Outcome::kLaid;
}

// Returns how many of laid_ stay: fewer than all when a file turned out to have shrunk, which is
// then taken out of the frame again with all after it.
size_t Filler::ReadAll(absl::Span<const Entry> window, bool last_try, Frame* frame) {
  reader_->Read(absl::MakeSpan(reads_));
  for (size_t k = 0; k < laid_.size(); ++k) {
    const Laid& laid = laid_[k];
    std::memset(frame->buffer.data() + laid.padding_begin, 0, laid.padding);
    bool zero_filled = false;
    for (size_t r = laid.reads_begin; r < laid.reads_end; ++r) {
      const io::ReadRequest& read = reads_[r];
      const uint64_t got = read.result < 0 ? 0 : static_cast<uint64_t>(read.result);
      if (got == read.length) continue;
      if (read.result >= 0 && !last_try) {
        frame->members.resize(laid.member);
        frame->content_bytes = laid.position;
        return k;
      }
      std::memset(read.data + got, 0, read.length - got);
      if (std::exchange(zero_filled, true)) continue;
      findings_->Add(FindingKind::kZeroFilled, window[laid.entry].member_path,
                     DescribeZeros(read.offset + got, read.result));
    }
    FrameMember& member = frame->members[laid.member];
    member.entry.zero_filled = zero_filled;
    progress_->read_bytes += member.entry.stored_bytes;
    CheckUnchanged(laid, &member.entry);
  }
  return laid_.size();
}

void Filler::CheckUnchanged(const Laid& laid, IndexEntry* entry) {
  if (laid.fd < 0) return;
  const absl::StatusOr<io::FileStat> now = io::StatFd(laid.fd);
  if (now.ok() && !WasWritten(laid.before, *now)) return;
  entry->changed = true;
  if (entry->zero_filled) return;  // told already
  findings_->Add(FindingKind::kChanged, entry->path, DescribeChange(now.status()));
}

}  // namespace ingot
