// What a server that says it is Solr answers.
#include "core/json.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/solr/replication.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  if (input.Flag()) {
    const std::string now = input.Text();
    const std::string before = input.Text();
    // Two times are not later than each other, unless one cannot be read: then they differ.
    if (IsLaterSolrTime(now, before)) INGOT_CHECK(now != before);
    INGOT_CHECK(!IsLaterSolrTime(now, now));
    return 0;
  }
  const absl::string_view body = input.Rest();
  const absl::Status status = CheckSolrAnswer(body);
  // A message is short, and harmless, whatever the server sent.
  constexpr size_t kMessageBytesMax = 8192;
  INGOT_CHECK(status.message().size() <= kMessageBytesMax);
  const absl::StatusOr<SolrBackupSection> section = ParseSolrDetails(body);
  INGOT_CHECK(section.ok() || section.status().message().size() <= kMessageBytesMax);
  return 0;
}
