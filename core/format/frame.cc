// zstd frames: compressed, raw, and the one that ends the archive. FORMAT.md, "Frames".
#include "core/format/frame.h"

#include <xxhash.h>
#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_c_stableInBuffer and ZSTD_c_stableOutBuffer
#include <zstd.h>

#include "absl/strings/str_cat.h"
#include "core/format/bytes.h"
#include "io/fatal.h"
#include "io/status.h"

namespace ingot {
namespace {

// Before it no flush was possible while the input lies still.
static_assert(ZSTD_VERSION_NUMBER >= 10504);

constexpr uint32_t kZstdMagic = 0xFD2FB528;
constexpr size_t kChecksumBytes = 4;
// At the fastest level a window of the whole frame is 5 % faster than zstd's own of 512 KiB, and
// the output no larger: nothing has to be looked at for having left the window.
constexpr int kWholeFrameLevel = 1;
constexpr int kWholeFrameWindowLog = 22;

// The frame header descriptor, the byte behind the magic (RFC 8878, 3.1.1.1.1).
constexpr uint8_t kSingleSegment = 0x20;
constexpr uint8_t kContentChecksum = 0x04;
constexpr uint8_t kContentSize2Bytes = 0x40;
constexpr uint8_t kContentSize4Bytes = 0x80;
constexpr uint8_t kReservedOrDictionary = 0x1B;

constexpr uint32_t kContentSize2BytesBias = 256;
constexpr uint32_t kLastBlock = 1;
constexpr uint32_t kRawBlock = 0 << 1;
constexpr uint32_t kRleBlock = 1 << 1;
constexpr uint32_t kReservedBlock = 3 << 1;
constexpr uint32_t kBlockTypeMask = 3 << 1;
constexpr int kBlockSizeShift = 3;
constexpr size_t kBlockHeaderBytes = 3;

void AppendBlockHeader(uint32_t type, uint32_t size, std::string* out) {
  const uint32_t header = kLastBlock | type | size << kBlockSizeShift;
  AppendLittle<uint16_t>(static_cast<uint16_t>(header), out);
  AppendLittle<uint8_t>(static_cast<uint8_t>(header >> 16), out);
}

void AppendChecksum(absl::string_view content, std::string* out) {
  AppendLittle<uint32_t>(static_cast<uint32_t>(XXH64(content.data(), content.size(), 0)), out);
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("zstd frame: ", what));
}

// What libzstd lets pass but a container never has. REQUIRES: libzstd knows the frame's size, so
// its header is whole.
absl::Status CheckFrameHeader(absl::Span<const char> stored) {
  if (LoadLittle<uint32_t>(stored.data()) != kZstdMagic) return Damaged("not a data frame");
  const uint8_t descriptor = LoadLittle<uint8_t>(stored.data() + 4);
  if ((descriptor & kContentChecksum) == 0) return Damaged("has no checksum");
  if ((descriptor & kReservedOrDictionary) != 0) return Damaged("reserved bits or a dictionary");
  if ((descriptor & kSingleSegment) != 0) return absl::OkStatus();  // the window is the content
  const uint8_t window = LoadLittle<uint8_t>(stored.data() + 5);
  const uint64_t base = uint64_t{1} << (10 + (window >> 3));
  if (base + base / 8 * (window & 7) > kFrameContentBytesMax) return Damaged("window too large");
  return absl::OkStatus();
}

}  // namespace

uint64_t FrameBytesMax(uint64_t content_bytes) { return ZSTD_COMPRESSBOUND(content_bytes); }

struct FrameCompressor::State {
  struct Free {
    void operator()(ZSTD_CCtx* freed) const { ZSTD_freeCCtx(freed); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
};

FrameCompressor::FrameCompressor(int level) : state_(std::make_unique<State>()) {
  ZSTD_CCtx* const context = state_->context.get();
  if (context == nullptr) io::ExitOutOfMemory();
  INGOT_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)));
  INGOT_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)));
  INGOT_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)));
  // Content and output lie still, so zstd needs no copies of its own.
  INGOT_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_stableInBuffer, 1)));
  INGOT_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_stableOutBuffer, 1)));
  if (level == kWholeFrameLevel) {
    INGOT_CHECK(
        !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, kWholeFrameWindowLog)));
  }
}

FrameCompressor::~FrameCompressor() = default;
FrameCompressor::FrameCompressor(FrameCompressor&&) noexcept = default;
FrameCompressor& FrameCompressor::operator=(FrameCompressor&&) noexcept = default;

absl::StatusOr<size_t> FrameCompressor::Compress(absl::Span<const char> content,
                                                 absl::Span<const size_t> cuts,
                                                 absl::Span<char> out) {
  INGOT_CHECK(out.size() >= FrameBytesMax(content.size()));
  ZSTD_CCtx* const context = state_->context.get();
  // No error is possible here: the context has no input yet.
  ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
  ZSTD_CCtx_setPledgedSrcSize(context, content.size());
  ZSTD_inBuffer in = {.src = content.data(), .size = 0, .pos = 0};
  ZSTD_outBuffer stored = {.dst = out.data(), .size = out.size(), .pos = 0};
  size_t left = 0;
  for (size_t i = 0; i <= cuts.size() && left == 0; ++i) {
    const bool last = i == cuts.size();
    in.size = last ? content.size() : cuts[i];
    left = ZSTD_compressStream2(context, &stored, &in, last ? ZSTD_e_end : ZSTD_e_flush);
  }
  if (left != 0) {
    return absl::InternalError(
        absl::StrCat("zstd cannot compress ", content.size(),
                     " bytes: ", ZSTD_isError(left) ? ZSTD_getErrorName(left) : "they do not fit"));
  }
  return stored.pos;
}

struct FrameDecompressor::State {
  struct Free {
    void operator()(ZSTD_DCtx* freed) const { ZSTD_freeDCtx(freed); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
};

FrameDecompressor::FrameDecompressor() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) io::ExitOutOfMemory();
}
FrameDecompressor::~FrameDecompressor() = default;
FrameDecompressor::FrameDecompressor(FrameDecompressor&&) noexcept = default;
FrameDecompressor& FrameDecompressor::operator=(FrameDecompressor&&) noexcept = default;

absl::Status FrameDecompressor::Decompress(absl::Span<const char> stored, absl::Span<char> out) {
  const size_t frame_bytes = ZSTD_findFrameCompressedSize(stored.data(), stored.size());
  if (ZSTD_isError(frame_bytes)) return Damaged(ZSTD_getErrorName(frame_bytes));
  if (frame_bytes != stored.size()) return Damaged("bytes follow it");
  INGOT_RETURN_IF_ERROR(CheckFrameHeader(stored));
  if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != out.size()) {
    return Damaged(absl::StrCat("its content is not of ", out.size(), " bytes"));
  }
  const size_t bytes = ZSTD_decompressDCtx(state_->context.get(), out.data(), out.size(),
                                           stored.data(), stored.size());
  if (ZSTD_isError(bytes)) return Damaged(ZSTD_getErrorName(bytes));
  if (bytes != out.size()) return Damaged("its content is shorter than it says");
  return absl::OkStatus();
}

absl::StatusOr<FrameExtent> MeasureFrame(
    absl::FunctionRef<absl::Status(uint64_t offset, absl::Span<char> out)> read) {
  // The shortest frame of a container is no shorter than the longest header.
  char head[ZSTD_FRAMEHEADERSIZE_MAX];
  INGOT_RETURN_IF_ERROR(read(0, absl::MakeSpan(head)));
  ZSTD_frameHeader header;
  if (ZSTD_getFrameHeader(&header, head, sizeof(head)) != 0 || header.frameType != ZSTD_frame) {
    return Damaged("not a data frame");
  }
  if (header.checksumFlag == 0 || header.frameContentSize == 0 ||
      header.frameContentSize > kFrameContentBytesMax) {
    return Damaged("no checksum, or content out of range");
  }
  const uint64_t stored_bytes_max = FrameBytesMax(header.frameContentSize);
  uint64_t end = header.headerSize;
  for (bool last = false; !last;) {
    char block[kBlockHeaderBytes];
    INGOT_RETURN_IF_ERROR(read(end, absl::MakeSpan(block)));
    const uint32_t fields = LoadLittle<uint16_t>(block) | uint32_t{LoadLittle<uint8_t>(block + 2)}
                                                              << 16;
    last = (fields & kLastBlock) != 0;
    const uint32_t type = fields & kBlockTypeMask;
    const uint32_t size = fields >> kBlockSizeShift;
    if (type == kReservedBlock || size > ZSTD_BLOCKSIZE_MAX) return Damaged("a block that is none");
    end += kBlockHeaderBytes + (type == kRleBlock ? 1 : size);
    if (end > stored_bytes_max) return Damaged("longer than its content can make it");
  }
  return FrameExtent{end + kChecksumBytes, header.frameContentSize};
}

std::string RawFrame(absl::string_view content) {
  INGOT_CHECK(content.size() <= kRawFrameContentBytesMax);
  const uint32_t size = static_cast<uint32_t>(content.size());
  std::string frame;
  AppendLittle<uint32_t>(kZstdMagic, &frame);
  AppendLittle<uint8_t>(kContentSize4Bytes | kSingleSegment | kContentChecksum, &frame);
  AppendLittle<uint32_t>(size, &frame);
  AppendBlockHeader(kRawBlock, size, &frame);
  frame.append(content.data(), content.size());
  AppendChecksum(content, &frame);
  return frame;
}

absl::string_view EndOfArchiveFrame() {
  static const std::string frame = [] {
    const std::string content(kEndOfArchiveContentBytes, '\0');
    std::string bytes;
    AppendLittle<uint32_t>(kZstdMagic, &bytes);
    AppendLittle<uint8_t>(kContentSize2Bytes | kSingleSegment | kContentChecksum, &bytes);
    AppendLittle<uint16_t>(kEndOfArchiveContentBytes - kContentSize2BytesBias, &bytes);
    AppendBlockHeader(kRleBlock, kEndOfArchiveContentBytes, &bytes);
    bytes.push_back('\0');
    AppendChecksum(content, &bytes);
    return bytes;
  }();
  return frame;
}

uint32_t FrameChecksum(absl::Span<const char> stored) {
  INGOT_CHECK(stored.size() >= kChecksumBytes);
  return LoadLittle<uint32_t>(stored.data() + stored.size() - kChecksumBytes);
}

}  // namespace ingot
