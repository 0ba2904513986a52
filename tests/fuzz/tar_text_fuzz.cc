// The texts inside of tar headers, each by its own parser: pax records, times, attribute names,
// sparse maps, ACLs.
#include "absl/strings/match.h"
#include "core/format/acl.h"
#include "core/format/pax.h"
#include "core/format/sparse_map.h"
#include "core/format/tar.h"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {
namespace {

void TryRecords(absl::string_view text) {
  const absl::StatusOr<std::vector<PaxRecord>> records = ParsePaxRecords(text);
  if (!records.ok()) return;
  std::string encoded;
  for (const PaxRecord& record : *records) AppendPaxRecord(record.keyword, record.value, &encoded);
  const absl::StatusOr<std::vector<PaxRecord>> again = ParsePaxRecords(encoded);
  INGOT_CHECK(again.ok() && again->size() == records->size());
  for (size_t i = 0; i < records->size(); ++i) {
    INGOT_CHECK((*again)[i].keyword == (*records)[i].keyword);
    INGOT_CHECK((*again)[i].value == (*records)[i].value);
  }
}

void TryTime(absl::string_view text) {
  const std::optional<io::Timestamp> time = ParsePaxTime(text);
  if (!time.has_value()) return;
  INGOT_CHECK(time->nanoseconds < 1'000'000'000);
  INGOT_CHECK(ParsePaxTime(FormatPaxTime(*time)) == time);
}

// Any name, not only those that are accepted.
void TryAttributeName(absl::string_view name) {
  const std::string escaped = EscapeXattrName(name);
  INGOT_CHECK(!absl::StrContains(escaped, "="));
  INGOT_CHECK(UnescapeXattrName(escaped) == name);
  UnescapeXattrName(name);
}

void TrySparseMap(FuzzInput input) {
  const uint64_t size = input.Number(8);
  std::string stream(input.Rest());
  stream.append(TarPadding(stream.size()), '\0');
  const absl::StatusOr<SparseMap> map = ParseSparseMap(stream, size);
  if (!map.ok()) return;
  INGOT_CHECK(map->map_bytes <= stream.size());
  INGOT_CHECK(ExtentsProblem(map->extents, size) == nullptr);
  const std::string encoded = EncodeSparseMap(map->extents, size);
  const absl::StatusOr<SparseMap> again = ParseSparseMap(encoded, size);
  INGOT_CHECK(again.ok() && again->extents == map->extents);
  INGOT_CHECK(again->map_bytes == encoded.size());
}

void TryAcl(absl::string_view text) {
  if (const std::optional<std::string> binary = AclFromText(text); binary.has_value()) {
    INGOT_CHECK(AclToText(*binary) == text);
  }
  if (const std::optional<std::string> acl = AclToText(text); acl.has_value()) {
    INGOT_CHECK(AclFromText(*acl) == text);
  }
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  switch (input.Choice(5)) {
    case 0:
      TryRecords(input.Rest());
      break;
    case 1:
      TryTime(input.Rest());
      break;
    case 2:
      TryAttributeName(input.Rest());
      break;
    case 3:
      TrySparseMap(input);
      break;
    default:
      TryAcl(input.Rest());
  }
  return 0;
}
