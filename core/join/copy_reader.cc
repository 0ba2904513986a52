#include "core/join/copy_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/join/sql_literal.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr absl::string_view kEndMark = "\\.";
constexpr absl::string_view kNull = "\\N";
constexpr size_t kEndLineBytesMax = 3;  // "\.", and a carriage return

}  // namespace

void CopyReader::Begin(std::optional<RowShape> shape, size_t wanted_columns) {
  shape_ = std::move(shape);
  wanted_columns_ = wanted_columns;
  partial_.clear();
  in_line_ = false;
  field_ = 0;
}

absl::StatusOr<bool> CopyReader::Feed(const char** cursor, const char* end) {
  while (*cursor != end) {
    const size_t left = static_cast<size_t>(end - *cursor);
    const char* line_end = static_cast<const char*>(std::memchr(*cursor, '\n', left));
    const char* part_end = line_end == nullptr ? end : line_end;
    absl::string_view line(*cursor, static_cast<size_t>(part_end - *cursor));
    *cursor = line_end == nullptr ? end : line_end + 1;
    if (line_end == nullptr || in_line_) {
      INGOT_RETURN_IF_ERROR(KeepPart(line));
      in_line_ = true;
      if (line_end == nullptr) return false;
      line = partial_;
    }
    INGOT_ASSIGN_OR_RETURN(const bool is_end, Line(line));
    partial_.clear();
    in_line_ = false;
    field_ = 0;
    if (is_end) return true;
  }
  return false;
}

absl::Status CopyReader::KeepPart(absl::string_view part) {
  if (!shape_.has_value()) {
    // Enough to know the end mark.
    partial_.append(part.data(), std::min(part.size(), kEndLineBytesMax + 1 - partial_.size()));
    return absl::OkStatus();
  }
  while (!part.empty()) {
    const size_t tab = part.find('\t');
    const absl::string_view field = part.substr(0, tab);
    const bool is_wanted = field_ < shape_->read_columns && shape_->wanted[field_] >= 0;
    if (is_wanted) {
      partial_.append(field.data(), field.size());
    } else if (partial_.size() <= kEndLineBytesMax) {
      partial_.append(field.data(), std::min(field.size(), kEndLineBytesMax + 1));
    }
    if (tab == absl::string_view::npos) break;
    if (++field_ < shape_->columns) partial_.push_back('\t');
    part.remove_prefix(tab + 1);
    if (partial_.size() > kCopyLineBytesMax) break;
  }
  if (partial_.size() <= kCopyLineBytesMax) return absl::OkStatus();
  return absl::FailedPreconditionError("its COPY has a line that is too long to be a row");
}

absl::StatusOr<bool> CopyReader::Line(absl::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // a dump made on Windows
  if (absl::StartsWith(line, kEndMark)) {
    if (line.size() == kEndMark.size()) return true;
    return absl::FailedPreconditionError("its COPY has \"\\.\" in front of other text");
  }
  if (shape_.has_value()) INGOT_RETURN_IF_ERROR(Row(line));
  return false;
}

absl::Status CopyReader::Row(absl::string_view line) {
  row_.Begin(wanted_columns_);
  const char* at = line.data();
  const char* const end = at + line.size();
  for (size_t column = 0; column < shape_->read_columns; ++column) {
    if (at == nullptr)
      return absl::FailedPreconditionError("its COPY has a line with too few columns");
    const void* tab = at == end ? nullptr : std::memchr(at, '\t', static_cast<size_t>(end - at));
    const char* field_end = tab == nullptr ? end : static_cast<const char*>(tab);
    const absl::string_view field(at, static_cast<size_t>(field_end - at));
    at = tab == nullptr ? nullptr : field_end + 1;
    const int place = shape_->wanted[column];
    if (place < 0 || field == kNull) continue;
    const size_t from = row_.bytes()->size();
    if (std::memchr(field.data(), '\\', field.size()) == nullptr) {
      row_.bytes()->append(field.data(), field.size());
    } else {
      AppendCopyField(field, row_.bytes());
    }
    row_.SetBytes(place, from);
  }
  if (at != nullptr && shape_->read_columns == shape_->columns)
    return absl::FailedPreconditionError("its COPY has a line with too many columns");
  row_.Send(shape_->table, sink_);
  return absl::OkStatus();
}

}  // namespace ingot
