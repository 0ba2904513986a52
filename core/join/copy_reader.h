// The lines between "COPY ... FROM stdin;" and "\.".
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/join/wanted_tables.h"

namespace ingot {

// A line of wanted columns alone is not longer.
inline constexpr size_t kCopyLineBytesMax = 4 << 20;

class CopyReader {
 public:
  explicit CopyReader(RowSink* sink) : sink_(sink) {}

  // Without a shape the lines are skipped.
  void Begin(std::optional<RowShape> shape, size_t wanted_columns);
  // Takes lines from [*cursor, end); true behind the last.
  absl::StatusOr<bool> Feed(const char** cursor, const char* end);

 private:
  absl::StatusOr<bool> Line(absl::string_view line);
  absl::Status Row(absl::string_view line);
  absl::Status KeepPart(absl::string_view part);

  RowSink* const sink_;
  std::optional<RowShape> shape_;
  size_t wanted_columns_ = 0;
  RowBuffer row_;
  std::string partial_;  // a line that began in an earlier piece, its unwanted fields left out
  bool in_line_ = false;
  size_t field_ = 0;  // of the line in partial_
};

}  // namespace ingot
