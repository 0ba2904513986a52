// The label behind each data frame. FORMAT.md, "Labels".
#include <algorithm>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/format/bytes.h"
#include "core/format/frame.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr char kTag[] = {'I', 'G', 'L', 'B'};
constexpr uint8_t kHashXxh3_128 = 1;
constexpr uint16_t kFlagContinues = 1;
constexpr uint16_t kFlagContinued = 2;

// Where the fields lie.
constexpr size_t kAtMagic = 0;
constexpr size_t kAtLength = kAtMagic + 4;
constexpr size_t kAtTag = kAtLength + 4;
constexpr size_t kAtVersion = kAtTag + sizeof(kTag);
constexpr size_t kAtHashKind = kAtVersion + 1;
constexpr size_t kAtFlags = kAtHashKind + 1;
constexpr size_t kAtStoredBytes = kAtFlags + 2;
constexpr size_t kAtContentBytes = kAtStoredBytes + 4;
constexpr size_t kAtStoredDigest = kAtContentBytes + 4;
constexpr size_t kAtMember = kAtStoredDigest + kDigestBytes;
constexpr size_t kAtMemberOffset = kAtMember + kDigestBytes;
constexpr size_t kAtNonce = kAtMemberOffset + 8;
constexpr size_t kAtReserved = kAtNonce + 24;
constexpr size_t kAtHash = kAtReserved + 8;
static_assert(kAtTag == kSkippableHeaderBytes);
static_assert(kAtHash + 8 == kLabelFixedBytes);

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("frame label: ", what));
}

bool AllZero(absl::Span<const char> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

// What is wrong with the facts themselves; nullptr when nothing is.
const char* Problem(const FrameLabel& label) {
  if (label.content_bytes == 0 || label.content_bytes > kFrameContentBytesMax) {
    return "content size out of range";
  }
  if (label.stored_bytes == 0 || label.stored_bytes > FrameBytesMax(label.content_bytes)) {
    return "stored size out of range";
  }
  if (!label.continues && label.member_offset != 0) return "member offset without a member";
  if (!label.continues && !label.continued && label.member != Digest{})
    return "member without a slice";
  return nullptr;
}

}  // namespace

Digest SlicedMemberId(absl::string_view path, io::Timestamp mtime, uint8_t label_version) {
  if (label_version == 1) return HashBytes(path);
  std::string facts(path);
  facts.push_back('\0');
  AppendLittle<uint64_t>(static_cast<uint64_t>(mtime.seconds), &facts);
  AppendLittle<uint32_t>(mtime.nanoseconds, &facts);
  return HashBytes(facts);
}

bool NamesMember(const FrameLabel& label, absl::string_view path, io::Timestamp mtime) {
  return label.member == SlicedMemberId(path, mtime, label.version);
}

uint64_t LabelledFrameBytes(uint64_t stored_bytes) {
  return (stored_bytes + kLabelFixedBytes + kFrameAlignment - 1) / kFrameAlignment *
         kFrameAlignment;
}

uint64_t LabelledFrameBytesMax(uint64_t content_bytes) {
  return LabelledFrameBytes(FrameBytesMax(content_bytes));
}

void WriteLabel(const FrameLabel& label, absl::Span<char> out) {
  INGOT_CHECK(Problem(label) == nullptr);
  const uint64_t end = LabelledFrameBytes(label.stored_bytes);
  INGOT_CHECK(out.size() >= end);
  const size_t label_bytes = static_cast<size_t>(end - label.stored_bytes);
  char* const at = out.data() + label.stored_bytes;
  std::memset(at, 0, label_bytes);
  StoreLittle<uint32_t>(kLabelMagic, at + kAtMagic);
  StoreLittle<uint32_t>(static_cast<uint32_t>(label_bytes - kSkippableHeaderBytes), at + kAtLength);
  std::memcpy(at + kAtTag, kTag, sizeof(kTag));
  StoreLittle<uint8_t>(label.version, at + kAtVersion);
  StoreLittle<uint8_t>(kHashXxh3_128, at + kAtHashKind);
  const int flags = (label.continues ? kFlagContinues : 0) | (label.continued ? kFlagContinued : 0);
  StoreLittle<uint16_t>(static_cast<uint16_t>(flags), at + kAtFlags);
  StoreLittle<uint32_t>(label.stored_bytes, at + kAtStoredBytes);
  StoreLittle<uint32_t>(label.content_bytes, at + kAtContentBytes);
  std::memcpy(at + kAtStoredDigest, label.stored_digest.bytes.data(), kDigestBytes);
  std::memcpy(at + kAtMember, label.member.bytes.data(), kDigestBytes);
  StoreLittle<uint64_t>(label.member_offset, at + kAtMemberOffset);
  StoreLittle<uint64_t>(HashBytes64(absl::MakeConstSpan(at, kAtHash)), at + kAtHash);
}

absl::StatusOr<FrameLabel> ParseLabelFacts(absl::Span<const char> bytes) {
  const char* const at = bytes.data();
  if (bytes.size() < kLabelFixedBytes) return Damaged("cut off");
  if (LoadLittle<uint32_t>(at + kAtMagic) != kLabelMagic) return Damaged("not a label");
  if (std::memcmp(at + kAtTag, kTag, sizeof(kTag)) != 0) return Damaged("not ingot's");
  if (LoadLittle<uint64_t>(at + kAtHash) != HashBytes64(bytes.subspan(0, kAtHash))) {
    return Damaged("its own hash does not match");
  }
  const auto version = LoadLittle<uint8_t>(at + kAtVersion);
  if (version < 1 || version > kLabelVersion) return Damaged("it needs a newer ingot");
  if (LoadLittle<uint8_t>(at + kAtHashKind) != kHashXxh3_128)
    return Damaged("unknown kind of hash");
  const uint16_t flags = LoadLittle<uint16_t>(at + kAtFlags);
  if ((flags & ~(kFlagContinues | kFlagContinued)) != 0) return Damaged("unknown flags");
  if (!AllZero(bytes.subspan(kAtNonce, kAtHash - kAtNonce)))
    return Damaged("reserved bytes are not zero");

  FrameLabel label;
  label.version = version;
  label.stored_bytes = LoadLittle<uint32_t>(at + kAtStoredBytes);
  label.content_bytes = LoadLittle<uint32_t>(at + kAtContentBytes);
  label.stored_digest = LoadDigest(at + kAtStoredDigest);
  label.continues = (flags & kFlagContinues) != 0;
  label.continued = (flags & kFlagContinued) != 0;
  label.member = LoadDigest(at + kAtMember);
  label.member_offset = LoadLittle<uint64_t>(at + kAtMemberOffset);
  if (const char* problem = Problem(label); problem != nullptr) return Damaged(problem);
  return label;
}

absl::StatusOr<FrameLabel> ParseLabel(absl::Span<const char> bytes, uint64_t stored_bytes) {
  INGOT_ASSIGN_OR_RETURN(FrameLabel label, ParseLabelFacts(bytes));
  if (label.stored_bytes != stored_bytes) return Damaged("belongs to a frame of another size");
  if (bytes.size() != LabelledFrameBytes(stored_bytes) - stored_bytes ||
      LoadLittle<uint32_t>(bytes.data() + kAtLength) != bytes.size() - kSkippableHeaderBytes) {
    return Damaged("does not end at the next boundary");
  }
  if (!AllZero(bytes.subspan(kLabelFixedBytes))) return Damaged("padding is not zero");
  return label;
}

}  // namespace ingot
