#include "core/format/index_frame.h"

#include "absl/strings/str_cat.h"
#include "core/format/bytes.h"
#include "core/format/index.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr int kLevel = 3;
constexpr uint8_t kVersion = 1;
constexpr uint8_t kHashXxh3_128 = 1;
constexpr size_t kTagBytes = 4;

// Where the fields lie.
constexpr size_t kAtLength = 4;
constexpr size_t kAtTag = kAtLength + 4;
constexpr size_t kAtVersion = kAtTag + kTagBytes;
constexpr size_t kAtHashKind = kAtVersion + 1;
constexpr size_t kAtFlags = kAtHashKind + 1;
constexpr size_t kAtRawBytes = kAtFlags + 2;
constexpr size_t kAtCount = kAtRawBytes + 4;
constexpr size_t kHeaderBytes = kAtCount + 4;
static_assert(kAtTag == kSkippableHeaderBytes);
static_assert(kHeaderBytes == kIndexFrameHeadBytes);
static_assert(kIndexRootBytesMax <= UINT32_MAX / 2);

const char* Tag(IndexFrameKind kind) { return kind == IndexFrameKind::kBlock ? "IGIB" : "IGIR"; }

absl::Status Damaged(IndexFrameKind kind, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat(kind == IndexFrameKind::kBlock ? "index block: " : "index root: ", what));
}

}  // namespace

FrameCompressor NewIndexCompressor() { return FrameCompressor(kLevel); }

absl::StatusOr<std::string> SealIndexFrame(IndexFrameKind kind, absl::string_view raw,
                                           uint32_t count, FrameCompressor* compressor) {
  INGOT_CHECK(!raw.empty() && raw.size() <= kIndexRootBytesMax);
  std::string frame;
  AppendLittle<uint32_t>(kIndexMagic, &frame);
  AppendLittle<uint32_t>(0, &frame);
  frame.append(Tag(kind), kTagBytes);
  AppendLittle<uint8_t>(kVersion, &frame);
  AppendLittle<uint8_t>(kHashXxh3_128, &frame);
  AppendLittle<uint16_t>(0, &frame);
  AppendLittle<uint32_t>(static_cast<uint32_t>(raw.size()), &frame);
  AppendLittle<uint32_t>(count, &frame);
  frame.resize(kHeaderBytes + static_cast<size_t>(FrameBytesMax(raw.size())));
  INGOT_ASSIGN_OR_RETURN(const size_t compressed_bytes,
                         compressor->Compress(absl::MakeConstSpan(raw.data(), raw.size()),
                                              absl::MakeSpan(frame).subspan(kHeaderBytes)));
  frame.resize(kHeaderBytes + compressed_bytes);
  const size_t length = frame.size() + kDigestBytes - kSkippableHeaderBytes;
  StoreLittle<uint32_t>(static_cast<uint32_t>(length), frame.data() + kAtLength);
  AppendDigest(HashBytes(frame), &frame);
  return frame;
}

absl::StatusOr<IndexFrameHead> ReadIndexFrameHead(absl::Span<const char> head) {
  IndexFrameHead read;
  if (head.size() < kHeaderBytes) return Damaged(read.kind, "cut off");
  const char* const at = head.data();
  const absl::string_view tag(at + kAtTag, kTagBytes);
  if (LoadLittle<uint32_t>(at) != kIndexMagic) return Damaged(read.kind, "not one");
  if (tag == Tag(IndexFrameKind::kRoot)) {
    read.kind = IndexFrameKind::kRoot;
  } else if (tag != Tag(IndexFrameKind::kBlock)) {
    return Damaged(read.kind, "not one");
  }
  const uint64_t raw_bytes_max =
      read.kind == IndexFrameKind::kRoot ? kIndexRootBytesMax : kIndexBlockBytesMax;
  read.frame_bytes = kSkippableHeaderBytes + uint64_t{LoadLittle<uint32_t>(at + kAtLength)};
  if (read.frame_bytes < kHeaderBytes + kDigestBytes ||
      read.frame_bytes > kHeaderBytes + kDigestBytes + FrameBytesMax(raw_bytes_max)) {
    return Damaged(read.kind, "its length is out of range");
  }
  return read;
}

absl::StatusOr<IndexFrame> OpenIndexFrame(IndexFrameKind kind, absl::Span<const char> frame,
                                          uint64_t raw_bytes_max) {
  if (frame.size() < kHeaderBytes + kDigestBytes) return Damaged(kind, "cut off");
  const char* const at = frame.data();
  if (LoadLittle<uint32_t>(at) != kIndexMagic ||
      absl::string_view(at + kAtTag, kTagBytes) != Tag(kind)) {
    return Damaged(kind, "not one");
  }
  if (LoadLittle<uint32_t>(at + kAtLength) != frame.size() - kSkippableHeaderBytes) {
    return Damaged(kind, "not of the length that its frame says");
  }
  if (LoadLittle<uint8_t>(at + kAtHashKind) != kHashXxh3_128)
    return Damaged(kind, "unknown kind of hash");
  const size_t hashed = frame.size() - kDigestBytes;
  if (HashBytes(frame.subspan(0, hashed)) != LoadDigest(at + hashed)) {
    return Damaged(kind, "its hash does not match");
  }
  if (LoadLittle<uint8_t>(at + kAtVersion) != kVersion)
    return Damaged(kind, "it needs a newer ingot");
  if (LoadLittle<uint16_t>(at + kAtFlags) != 0) return Damaged(kind, "unknown flags");
  const uint32_t raw_bytes = LoadLittle<uint32_t>(at + kAtRawBytes);
  if (raw_bytes == 0 || raw_bytes > raw_bytes_max)
    return Damaged(kind, "its raw size is out of range");
  IndexFrame opened;
  opened.count = LoadLittle<uint32_t>(at + kAtCount);
  opened.raw.resize(raw_bytes);
  FrameDecompressor decompressor;
  const absl::Status status = decompressor.Decompress(
      frame.subspan(kHeaderBytes, hashed - kHeaderBytes), absl::MakeSpan(opened.raw));
  if (!status.ok()) return Damaged(kind, status.message());
  return opened;
}

}  // namespace ingot
