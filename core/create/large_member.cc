#include "core/create/large_member.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/create/describe.h"
#include "core/format/frame.h"
#include "core/format/tar.h"
#include "io/reopen.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint64_t FloorToChunk(uint64_t offset) { return offset / kChunkBytes * kChunkBytes; }

void Append(const io::Extent& piece, std::vector<io::Extent>* extents) {
  if (!extents->empty() && extents->back().offset + extents->back().length == piece.offset) {
    extents->back().length += piece.length;
  } else {
    extents->push_back(piece);
  }
}

}  // namespace

std::vector<Slice> CutSlices(const Member& member, uint64_t header_bytes, uint64_t slice_bytes) {
  std::vector<io::Extent> data = member.extents;
  if (!member.sparse && member.size > 0) data = {{0, member.size}};
  std::vector<Slice> slices(1);
  uint64_t room = std::max(kChunkBytes, slice_bytes - std::min(header_bytes, slice_bytes));
  uint64_t stored = 0;
  uint64_t in_slice = 0;
  for (size_t i = 0; i < data.size();) {
    const uint64_t chunk_begin = FloorToChunk(data[i].offset);
    std::vector<io::Extent> pieces;  // all the data of this chunk
    uint64_t in_chunk = 0;
    while (i < data.size() && data[i].offset - chunk_begin < kChunkBytes) {
      io::Extent& rest = data[i];
      const uint64_t length = std::min(rest.length, chunk_begin + kChunkBytes - rest.offset);
      pieces.push_back({rest.offset, length});
      in_chunk += length;
      rest = {rest.offset + length, rest.length - length};
      if (rest.length == 0) ++i;
    }
    if (in_slice > 0 && in_slice + in_chunk > room) {
      slices.back().end = chunk_begin;
      slices.push_back(Slice{chunk_begin, 0, stored, {}});
      room = slice_bytes;
      in_slice = 0;
    }
    for (const io::Extent& piece : pieces) Append(piece, &slices.back().extents);
    in_slice += in_chunk;
    stored += in_chunk;
  }
  slices.back().end = member.size;
  return slices;
}

absl::StatusOr<std::unique_ptr<LargeMember>> LargeMember::TryOpen(const Entry& entry,
                                                                  uint64_t slice_bytes,
                                                                  io::BatchReader* reader,
                                                                  Findings* findings) {
  auto large = std::unique_ptr<LargeMember>(new LargeMember());
  io::OpenRequest request{entry.parent->descriptor(), entry.name.c_str(), io::kReadSourceFlags, 0};
  reader->Open(absl::MakeSpan(&request, 1));
  if (request.result < 0) return ErrnoStatus(-request.result, "open", entry.name);
  large->fd_ = io::Fd(request.result);
  INGOT_ASSIGN_OR_RETURN(large->at_open_, io::StatFd(large->fd_.get()));
  if (!large->at_open_.IsRegular()) return absl::NotFoundError("no longer a regular file");
  large->direct_fd_ = io::ReopenDirect(large->fd_.get());
  large->member_ = DescribeRegular(entry, large->at_open_, large->fd_.get(), findings);
  INGOT_ASSIGN_OR_RETURN(large->header_, EncodeTarHeader(large->member_));
  large->slices_ = CutSlices(large->member_, large->header_.size(), slice_bytes);
  large->slices_left_ = large->slices_.size();
  large->spanning_ = std::make_shared<SpanningMember>();
  large->spanning_->entry = IndexEntryOf(large->member_, large->at_open_);
  large->spanning_->id = SlicedMemberId(large->member_.path, large->member_.mtime);
  return large;
}

std::unique_ptr<LargeMember> LargeMember::Open(const Entry& entry, uint64_t slice_bytes,
                                               io::BatchReader* reader, Findings* findings) {
  absl::StatusOr<std::unique_ptr<LargeMember>> large =
      TryOpen(entry, slice_bytes, reader, findings);
  if (!large.ok()) findings->AddLost(entry.member_path, large.status());
  // Another file may have taken the place of the one whose names the walk counted.
  ResolveLink(entry, large.ok() && (*large)->at_open_.IsSameInode(entry.stat));
  return large.ok() ? *std::move(large) : nullptr;
}

void LargeMember::FillSlice(size_t slice_number, Frame* frame, io::BatchReader* reader,
                            Findings* findings, CreateProgress* progress) {
  const Slice& slice = slices_[slice_number];
  const bool last = slice_number + 1 == slices_.size();
  size_t position = 0;
  if (slice_number == 0) {
    std::memcpy(frame->buffer.data(), header_.data(), header_.size());
    position = header_.size();
  }
  std::vector<io::ReadRequest> reads;
  for (const io::Extent& extent : slice.extents) {
    frame->content.push_back({extent.offset, extent.length, position});
    reads.push_back({.fd = fd_.get(),
                     .data = frame->buffer.data() + position,
                     .length = extent.length,
                     .offset = extent.offset,
                     .may_bypass_cache = direct_fd_.valid(),
                     .direct_fd = direct_fd_.get()});
    position += extent.length;
  }
  const uint64_t padding = last ? TarPadding(member_.StoredContentBytes()) : 0;
  if (!reads.empty()) reads.back().slack = padding;
  reader->Read(absl::MakeSpan(reads));
  for (const io::ReadRequest& read : reads) {
    const uint64_t got = read.result < 0 ? 0 : static_cast<uint64_t>(read.result);
    progress->read_bytes += got;
    if (got == read.length) continue;
    std::memset(read.data + got, 0, read.length - got);
    TellZeroFilled(read.result, read.offset + got, findings);
  }
  std::memset(frame->buffer.data() + position, 0, padding);
  frame->content_bytes = position + padding;
  frame->spanning = spanning_;
  frame->slice_begin = slice.begin;
  frame->slice_end = slice.end;
  frame->label.continues = slice_number > 0;
  frame->label.continued = !last;
  if (slices_.size() > 1) frame->label.member = spanning_->id;
  frame->label.member_offset = slice.stored_offset;
  if (--slices_left_ == 0) CheckUnchanged(findings);
}

// Said once for each member, whatever the number of slices.
void LargeMember::TellZeroFilled(int64_t result, uint64_t offset, Findings* findings) {
  if (spanning_->zero_filled.exchange(true)) return;
  findings->Add(FindingKind::kZeroFilled, member_.path, DescribeZeros(offset, result));
}

void LargeMember::CheckUnchanged(Findings* findings) {
  const absl::StatusOr<io::FileStat> now = io::StatFd(fd_.get());
  if (now.ok() && !WasWritten(at_open_, *now)) return;
  spanning_->changed = true;
  if (now.ok() && now->size > at_open_.size) {
    spanning_->cut = true;
    findings->Add(FindingKind::kCut, member_.path,
                  absl::StrCat("cut at ", at_open_.size, " bytes: it grew while it was read"));
  } else if (!spanning_->zero_filled) {
    findings->Add(FindingKind::kChanged, member_.path, DescribeChange(now.status()));
  }
}

}  // namespace ingot
