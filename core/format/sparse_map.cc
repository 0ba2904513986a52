#include "core/format/sparse_map.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "core/format/pax.h"
#include "core/format/tar.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kDecimalDigitsMax = 20;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("sparse map: ", what));
}

// GNU tar sets the length of a file by an empty extent at its end, so one is written where no data
// reaches the end.
bool NeedsEndMark(absl::Span<const io::Extent> extents, uint64_t size) {
  return extents.empty() || extents.back().offset + extents.back().length != size;
}

class LineReader {
 public:
  explicit LineReader(absl::Span<const char> stream) : stream_(stream.data(), stream.size()) {}
  uint64_t consumed() const { return at_; }

  absl::StatusOr<uint64_t> Number() {
    const absl::string_view line = stream_.substr(at_, kDecimalDigitsMax + 1);
    const size_t newline = line.find('\n');
    if (newline == absl::string_view::npos) return Damaged("cut off, or not numbers on lines");
    const std::optional<uint64_t> number = ParseDecimal(line.substr(0, newline));
    if (!number.has_value()) return Damaged("not a number");
    at_ += newline + 1;
    return *number;
  }

 private:
  absl::string_view stream_;
  size_t at_ = 0;
};

}  // namespace

const char* ExtentsProblem(absl::Span<const io::Extent> extents, uint64_t size) {
  if (extents.size() > kSparseExtentsMax) return "too many extents";
  uint64_t end = 0;
  for (const io::Extent& extent : extents) {
    if (extent.offset < end) return "extents overlap or do not ascend";
    if (extent.length == 0) return "an empty extent";
    if (extent.length > size || extent.offset > size - extent.length)
      return "an extent past the end";
    end = extent.offset + extent.length;
  }
  return nullptr;
}

std::string EncodeSparseMap(absl::Span<const io::Extent> extents, uint64_t size) {
  const bool end_mark = NeedsEndMark(extents, size);
  std::string map = absl::StrCat(extents.size() + (end_mark ? 1 : 0), "\n");
  for (const io::Extent& extent : extents)
    absl::StrAppend(&map, extent.offset, "\n", extent.length, "\n");
  if (end_mark) absl::StrAppend(&map, size, "\n0\n");
  map.append(static_cast<size_t>(TarPadding(map.size())), '\0');
  return map;
}

absl::StatusOr<SparseMap> ParseSparseMap(absl::Span<const char> stream, uint64_t size) {
  LineReader lines(stream);
  INGOT_ASSIGN_OR_RETURN(const uint64_t count, lines.Number());
  if (count == 0 || count > kSparseExtentsMax + 1) return Damaged("number of extents out of range");
  SparseMap map;
  map.extents.reserve(static_cast<size_t>(count));
  for (uint64_t i = 0; i < count; ++i) {
    io::Extent extent;
    INGOT_ASSIGN_OR_RETURN(extent.offset, lines.Number());
    INGOT_ASSIGN_OR_RETURN(extent.length, lines.Number());
    const bool end_mark = i + 1 == count && extent.offset == size && extent.length == 0;
    if (!end_mark) map.extents.push_back(extent);
  }
  if (const char* problem = ExtentsProblem(map.extents, size); problem != nullptr)
    return Damaged(problem);
  map.map_bytes = lines.consumed() + TarPadding(lines.consumed());
  if (map.map_bytes > stream.size()) return Damaged("cut off");
  return map;
}

}  // namespace ingot
