#include "core/salvage/forgiving_reader.h"

#include <algorithm>

#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

bool ReadingOnHelps(const absl::Status& status) {
  return !absl::IsCancelled(status) && !absl::IsOutOfRange(status);
}

}  // namespace

absl::Status ForgivingReader::ReadAt(uint64_t offset, absl::Span<char> out) {
  const absl::Status whole = read_(offset, out);
  if (whole.ok() || !ReadingOnHelps(whole)) return whole;
  while (!out.empty()) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const uint64_t to_boundary = kPieceBytes - offset % kPieceBytes;
    const absl::Span<char> piece = out.first(std::min<uint64_t>(to_boundary, out.size()));
    const absl::Status status = read_(offset, piece);
    if (!status.ok()) {
      if (!ReadingOnHelps(status)) return status;
      std::fill(piece.begin(), piece.end(), '\0');
      const uint64_t end = offset + piece.size();
      if (end > told_to_) unreadable_bytes_ += end - std::max(offset, told_to_);
      told_to_ = std::max(told_to_, end);
    }
    offset += piece.size();
    out.remove_prefix(piece.size());
  }
  return absl::OkStatus();
}

}  // namespace ingot
