// Sizes and durations as people write them.
#include "tests/fuzz/fuzz_input.h"
#include "tools/schedule/duration_text.h"
#include "tools/size.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const absl::string_view text = input.Rest();
  if (const absl::StatusOr<uint64_t> bytes = ParseSize(text); bytes.ok()) {
    INGOT_CHECK(*bytes <= uint64_t{INT64_MAX});
    INGOT_CHECK(!FormatSize(*bytes).empty() && !FormatCount(*bytes).empty());
  }
  if (const absl::StatusOr<absl::Duration> duration = ParseDuration(text); duration.ok()) {
    INGOT_CHECK(*duration >= absl::ZeroDuration());
    const absl::StatusOr<absl::Duration> again = ParseDuration(DurationText(*duration));
    INGOT_CHECK(again.ok() && *again == *duration);
  }
  return 0;
}
