#include "core/salvage/mark_search.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "core/format/bytes.h"
#include "core/format/frame.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kReadBytes = size_t{4} << 20;
// Longer than any mark.
constexpr size_t kOverlapBytes = 16;

// All marks share these bytes, the latter part of skippable magics (little-endian), but for the
// end of archive.
constexpr absl::string_view kSkippableTail("\x2a\x4d\x18", 3);
static_assert((kLabelMagic >> 8) == 0x184D2A);

std::optional<Mark> MarkOf(uint32_t magic) {
  if (magic == kLabelMagic) return Mark::kLabel;
  if (magic == kIndexMagic) return Mark::kIndex;
  if (magic == kSeekTableMagic) return Mark::kSeekTable;
  return std::nullopt;
}

size_t Find(absl::string_view text, absl::string_view what, size_t from) {
  if (from >= text.size()) return absl::string_view::npos;
  const void* const found =
      memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return found == nullptr ? absl::string_view::npos
                          : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

absl::Status ForEachMark(uint64_t file_bytes, ReadBytes read,
                         absl::FunctionRef<absl::Status(Mark mark, uint64_t offset)> visit) {
  std::string buffer;
  for (uint64_t offset = 0; offset < file_bytes; offset += kReadBytes) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    buffer.resize(std::min<uint64_t>(kReadBytes + kOverlapBytes, file_bytes - offset));
    INGOT_RETURN_IF_ERROR(read(offset, absl::MakeSpan(buffer)));
    const absl::string_view bytes(buffer);
    // A mark belongs to the chunk that it begins in.
    const absl::string_view end_of_archive = EndOfArchiveFrame();
    size_t end_at = Find(bytes, end_of_archive, 0);
    size_t tail_at = Find(bytes, kSkippableTail, 1);
    while (true) {
      const bool is_end = end_at < tail_at;
      const size_t at = is_end ? end_at : tail_at - 1;
      if (std::min(end_at, tail_at) == absl::string_view::npos || at >= kReadBytes) break;
      if (is_end) {
        INGOT_RETURN_IF_ERROR(visit(Mark::kEndOfArchive, offset + at));
        end_at = Find(bytes, end_of_archive, end_at + 1);
        continue;
      }
      const std::optional<Mark> mark = MarkOf(LoadLittle<uint32_t>(buffer.data() + at));
      if (mark.has_value()) INGOT_RETURN_IF_ERROR(visit(*mark, offset + at));
      tail_at = Find(bytes, kSkippableTail, tail_at + 1);
    }
  }
  return absl::OkStatus();
}

}  // namespace ingot
