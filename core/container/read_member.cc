#include "core/container/read_member.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/container/entry_header.h"
#include "core/container/sliced_member.h"
#include "core/format/frame.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

using Sink = absl::FunctionRef<absl::Status(absl::Span<const char>)>;
using Begin = absl::FunctionRef<absl::Status(const Member&)>;
using DataSink = absl::FunctionRef<absl::Status(uint64_t, absl::Span<const char>)>;

constexpr size_t kZerosBytes = size_t{64} << 10;

absl::Status GiveZeros(uint64_t count, Sink sink) {
  static constexpr std::array<char, kZerosBytes> kZeros{};
  while (count > 0) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const uint64_t length = std::min<uint64_t>(count, kZeros.size());
    INGOT_RETURN_IF_ERROR(sink({kZeros.data(), length}));
    count -= length;
  }
  return absl::OkStatus();
}

// Frame after frame from the one with the header, until `stored_bytes` have been seen.
class MemberReader {
 public:
  MemberReader(const Container& container, const IndexEntry& entry, Begin begin, DataSink data)
      : container_(container), entry_(entry), begin_(begin), data_(data) {}

  absl::Status Run() {
    INGOT_RETURN_IF_ERROR(ReadFirst());
    for (uint64_t frame = entry_.frame + 1; stored_ < entry_.stored_bytes; ++frame) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      INGOT_RETURN_IF_ERROR(Continue(frame));
    }
    hasher_.Zeros(entry_.size - logical_);
    digest_.Append(hasher_.Finish());
    if (digest_.Finish() != entry_.digest) return Damaged("its content does not match its digest");
    return absl::OkStatus();
  }

 private:
  absl::Status Damaged(absl::string_view what) const {
    return absl::DataLossError(
        absl::StrCat(container_.path(), ": damaged: member ", entry_.path, ": ", what));
  }

  absl::Status ReadFirst() {
    if (entry_.frame >= container_.frames().size()) return Damaged("it lies outside the stream");
    INGOT_RETURN_IF_ERROR(container_.ReadFrame(entry_.frame, &scratch_).status());
    if (entry_.frame_offset >= scratch_.content.size()) return Damaged("it has no header");
    const absl::Span<const char> stream = scratch_.content.subspan(entry_.frame_offset);
    absl::StatusOr<TarHeader> header = ReadEntryHeader(entry_, stream);
    if (!header.ok()) return Damaged(header.status().message());
    member_ = std::move(header->member);
    INGOT_RETURN_IF_ERROR(begin_(member_));
    return Take(stream.subspan(header->header_bytes));
  }

  absl::Status Continue(uint64_t frame) {
    if (frame >= container_.frames().size()) return Damaged("its content ends too early");
    INGOT_ASSIGN_OR_RETURN(const FrameLabel label, container_.ReadFrame(frame, &scratch_));
    if (!label.continues || !NamesMember(label, entry_.path, entry_.mtime) ||
        label.member_offset != stored_) {
      return Damaged(absl::StrCat("frame ", frame, " does not continue it"));
    }
    return Take(scratch_.content);
  }

  absl::Status Take(absl::Span<const char> data) {
    data = data.first(std::min<uint64_t>(data.size(), entry_.stored_bytes - stored_));
    INGOT_RETURN_IF_ERROR(ForEachPiece(
        member_, stored_, data, [this](uint64_t logical_offset, absl::Span<const char> piece) {
          return TakePiece(logical_offset, piece);
        }));
    stored_ += data.size();
    return absl::OkStatus();
  }

  absl::Status TakePiece(uint64_t logical_offset, absl::Span<const char> piece) {
    hasher_.Zeros(logical_offset - logical_);
    hasher_.Data(piece);
    logical_ = logical_offset + piece.size();
    return data_(logical_offset, piece);
  }

  const Container& container_;
  const IndexEntry& entry_;
  const Begin begin_;
  const DataSink data_;
  FrameScratch scratch_;
  Member member_;
  uint64_t stored_ = 0;
  uint64_t logical_ = 0;
  ContentHasher hasher_;
  ChunkedDigest digest_;
};

}  // namespace

absl::Status ReadMemberData(const Container& container, const IndexEntry& entry, Begin begin,
                            DataSink data) {
  INGOT_CHECK(entry.type == MemberType::kRegular);
  return MemberReader(container, entry, begin, data).Run();
}

absl::Status ReadMember(const Container& container, const IndexEntry& entry, Sink sink) {
  if (entry.type == MemberType::kHardLink) {
    INGOT_ASSIGN_OR_RETURN(const IndexEntry carrier, FindCarrier(container, entry));
    return ReadMember(container, carrier, sink);
  }
  if (entry.type != MemberType::kRegular) {
    return absl::FailedPreconditionError(
        absl::StrCat("member ", entry.path, ": it is no regular file and has no content"));
  }
  uint64_t position = 0;
  const auto give = [&position, sink](uint64_t logical_offset, absl::Span<const char> piece) {
    const absl::Status zeros = GiveZeros(logical_offset - position, sink);
    position = logical_offset + piece.size();
    return zeros.ok() ? sink(piece) : zeros;
  };
  const auto begin = [](const Member&) { return absl::OkStatus(); };
  INGOT_RETURN_IF_ERROR(ReadMemberData(container, entry, begin, give));
  return GiveZeros(entry.size - position, sink);
}

absl::StatusOr<std::string> ReadSmallMember(const Container& container, const IndexEntry& entry,
                                            uint64_t bytes_max) {
  if (entry.size > bytes_max) {
    return absl::DataLossError(
        absl::StrCat("member ", entry.path, ": it is larger than it can be"));
  }
  std::string content;
  INGOT_RETURN_IF_ERROR(ReadMember(container, entry, [&content](absl::Span<const char> piece) {
    content.append(piece.data(), piece.size());
    return absl::OkStatus();
  }));
  return content;
}

}  // namespace ingot
