// ingot/manifest.json: what is accepted can be written, and is the same then.
#include "core/json.h"
#include "core/manifest.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const absl::StatusOr<Manifest> manifest = ParseManifest(input.Rest());
  if (!manifest.ok()) return 0;
  const std::string json = ManifestToJson(*manifest);
  INGOT_CHECK(IsValidUtf8(json));
  const absl::StatusOr<Manifest> again = ParseManifest(json);
  INGOT_CHECK(again.ok() && *again == *manifest);
  INGOT_CHECK(CheckStageOrder(*again) == CheckStageOrder(*manifest));
  return 0;
}
