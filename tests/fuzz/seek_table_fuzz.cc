// A seek table has one form: what is accepted encodes to the same bytes.
#include "core/format/seek_table.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const absl::string_view table = input.Rest();
  if (table.size() >= kSeekTableFooterBytes) {
    const absl::StatusOr<uint64_t> bytes =
        SeekTableBytes(SpanOf(table.substr(table.size() - kSeekTableFooterBytes)));
    INGOT_CHECK(!bytes.ok() || *bytes >= kSeekTableFooterBytes);
  }
  const absl::StatusOr<std::vector<SeekEntry>> entries = ParseSeekTable(SpanOf(table));
  if (entries.ok()) INGOT_CHECK(EncodeSeekTable(*entries) == table);
  return 0;
}
