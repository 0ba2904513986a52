#include "core/container/sliced_member.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "io/status.h"

namespace ingot {
namespace {

// The logical offset of stored byte `stored_offset`; size for the end.
uint64_t LogicalOffset(const Member& member, uint64_t stored_offset) {
  if (!member.sparse) return stored_offset;
  for (const io::Extent& extent : member.extents) {
    if (stored_offset < extent.length) return extent.offset + stored_offset;
    stored_offset -= extent.length;
  }
  return member.size;
}

// Where in the logical content a slice begins that begins with stored byte `stored_offset`: holes
// at the edges of the member belong to its first and last slice; of a hole between two slices, what
// lies before the last chunk boundary in it belongs to the former.
absl::StatusOr<uint64_t> SliceBoundary(const Member& member, uint64_t stored_offset) {
  if (stored_offset == 0) return 0;
  if (stored_offset == member.StoredContentBytes()) return member.size;
  const uint64_t boundary = LogicalOffset(member, stored_offset) / kChunkBytes * kChunkBytes;
  if (LogicalOffset(member, stored_offset - 1) < boundary) return boundary;
  return absl::DataLossError(
      absl::StrCat("a slice begins at stored byte ", stored_offset, ", inside a chunk"));
}

void HashStretch(const Member& member, uint64_t stored_offset, absl::Span<const char> data,
                 uint64_t begin, uint64_t end, ContentHasher* hasher) {
  uint64_t position = begin;
  const absl::Status always_ok = ForEachPiece(
      member, stored_offset, data, [&](uint64_t logical_offset, absl::Span<const char> piece) {
        hasher->Zeros(logical_offset - position);
        hasher->Data(piece);
        position = logical_offset + piece.size();
        return absl::OkStatus();
      });
  INGOT_CHECK(always_ok.ok());
  hasher->Zeros(end - position);
}

}  // namespace

absl::Status CheckExtents(const Member& member) {
  uint64_t end = 0;
  for (const io::Extent& extent : member.extents) {
    if (extent.offset < end || extent.offset > member.size ||
        extent.length > member.size - extent.offset) {
      return absl::DataLossError("its sparse map is impossible");
    }
    end = extent.offset + extent.length;
  }
  return absl::OkStatus();
}

absl::Status ForEachPiece(
    const Member& member, uint64_t stored_offset, absl::Span<const char> data,
    absl::FunctionRef<absl::Status(uint64_t logical_offset, absl::Span<const char> piece)> visit) {
  if (!member.sparse) return data.empty() ? absl::OkStatus() : visit(stored_offset, data);
  uint64_t extent_begin = 0;  // in stored bytes
  for (const io::Extent& extent : member.extents) {
    if (data.empty()) break;
    const uint64_t extent_end = extent_begin + extent.length;
    if (stored_offset < extent_end) {
      const uint64_t length = std::min<uint64_t>(extent_end - stored_offset, data.size());
      INGOT_RETURN_IF_ERROR(
          visit(extent.offset + (stored_offset - extent_begin), data.first(length)));
      stored_offset += length;
      data.remove_prefix(length);
    }
    extent_begin = extent_end;
  }
  return absl::OkStatus();
}

Digest DigestOfMember(const Member& member, absl::Span<const char> stored) {
  if (!member.sparse && stored.size() <= kChunkBytes) return HashBytes(stored);
  ContentHasher hasher;
  HashStretch(member, 0, stored, 0, member.size, &hasher);
  ChunkedDigest chunked;
  chunked.Append(hasher.Finish());
  return chunked.Finish();
}

absl::Status CheckHeader(const TarHeader& header, const IndexEntry& entry) {
  const IndexEntry derived = DeriveIndexEntry(header.member);
  std::vector<const char*> differences;
  const auto compare = [&differences](const char* name, bool equal) {
    if (!equal) differences.push_back(name);
  };
  compare("path", derived.path == entry.path);
  compare("type", derived.type == entry.type);
  compare("mode", derived.mode == entry.mode);
  compare("owner", derived.uid == entry.uid && derived.gid == entry.gid &&
                       derived.user_name == entry.user_name &&
                       derived.group_name == entry.group_name);
  compare("mtime", derived.mtime == entry.mtime);
  compare("size", derived.size == entry.size && derived.stored_bytes == entry.stored_bytes &&
                      header.content_bytes == entry.stored_bytes);
  compare("link target", derived.link_target == entry.link_target);
  compare("device",
          derived.device_major == entry.device_major && derived.device_minor == entry.device_minor);
  compare("attributes", derived.has_xattrs == entry.has_xattrs);
  compare("sparse map", derived.sparse == entry.sparse);
  if (!differences.empty()) {
    return absl::DataLossError(absl::StrCat("its tar header and its index entry disagree on ",
                                            absl::StrJoin(differences, ", ")));
  }
  if (entry.type != MemberType::kRegular &&
      (header.content_bytes != 0 || entry.digest != Digest())) {
    return absl::DataLossError("it has content, but is no regular file");
  }
  return CheckExtents(header.member);
}

SlicedMember::SlicedMember(IndexEntry entry, uint64_t last_frame)
    : entry_(std::move(entry)),
      last_frame_(last_frame),
      frames_left_(last_frame - entry_.frame + 1),
      next_frame_(entry_.frame) {}

void SlicedMember::SetHeader(absl::StatusOr<TarHeader> header) {
  absl::MutexLock lock(&mutex_);
  INGOT_CHECK(!header_.has_value());
  header_ = std::move(header);
}

const absl::StatusOr<TarHeader>& SlicedMember::Header() const {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &SlicedMember::HasHeader));
  return *header_;
}

absl::StatusOr<SlicedMember::Slice> SlicedMember::HashSlice(const Member& member,
                                                            uint64_t stored_offset,
                                                            absl::Span<const char> data) const {
  const uint64_t total = member.StoredContentBytes();
  if (stored_offset > total || data.size() > total - stored_offset) {
    return absl::DataLossError("its slices are longer than its content");
  }
  INGOT_ASSIGN_OR_RETURN(const uint64_t begin, SliceBoundary(member, stored_offset));
  INGOT_ASSIGN_OR_RETURN(const uint64_t end, SliceBoundary(member, stored_offset + data.size()));
  ContentHasher hasher;
  HashStretch(member, stored_offset, data, begin, end, &hasher);
  return Slice{stored_offset, data.size(), hasher.Finish()};
}

bool SlicedMember::AddSlice(uint64_t frame, uint64_t stored_offset, absl::Span<const char> data) {
  const absl::StatusOr<TarHeader>& header = Header();
  if (!header.ok()) return AddLost();
  absl::StatusOr<Slice> slice = HashSlice(header->member, stored_offset, data);
  absl::MutexLock lock(&mutex_);
  if (!slice.ok()) {
    error_.Update(slice.status());
  } else {
    waiting_.emplace(frame, *std::move(slice));
    Fold();
  }
  return CountFrame();
}

bool SlicedMember::AddLost() {
  absl::MutexLock lock(&mutex_);
  lost_ = true;
  return CountFrame();
}

bool SlicedMember::CountFrame() {
  INGOT_CHECK(frames_left_ > 0);
  // What can no longer be folded need not be kept.
  if (lost_ || !error_.ok()) waiting_.clear();
  return --frames_left_ == 0;
}

void SlicedMember::Fold() {
  while (error_.ok() && !waiting_.empty() && waiting_.begin()->first == next_frame_) {
    const Slice slice = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    if (slice.stored_offset != folded_bytes_) {
      error_ = absl::DataLossError(
          absl::StrCat("the slice in frame ", next_frame_, " does not follow the one before it"));
      return;
    }
    digest_.Append(slice.chunks);
    folded_bytes_ += slice.stored_bytes;
    ++next_frame_;
  }
}

bool SlicedMember::lost() const {
  absl::MutexLock lock(&mutex_);
  return lost_;
}

absl::StatusOr<Digest> SlicedMember::ContentDigest() {
  absl::MutexLock lock(&mutex_);
  INGOT_CHECK(frames_left_ == 0);
  if (lost_) return absl::DataLossError("a part of it is lost");
  INGOT_RETURN_IF_ERROR(error_);
  if (folded_bytes_ != entry_.stored_bytes) {
    return absl::DataLossError(
        absl::StrCat("its slices hold ", folded_bytes_, " bytes instead of ", entry_.stored_bytes));
  }
  return digest_.Finish();
}

absl::Status SlicedMember::Outcome() {
  INGOT_ASSIGN_OR_RETURN(const Digest digest, ContentDigest());
  if (digest == entry_.digest) return absl::OkStatus();
  return absl::DataLossError("its content does not match its digest");
}

}  // namespace ingot
