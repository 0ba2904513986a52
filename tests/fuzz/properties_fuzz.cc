// Java properties and their placeholders: bounded whatever refers to what, and UTF-8.
#include "core/json.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/alfresco/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const absl::string_view text = input.Rest();
  const absl::StatusOr<Properties> properties = ParseProperties(text);
  if (!properties.ok()) return 0;
  for (const auto& [name, value] : properties->values) {
    INGOT_CHECK(IsValidUtf8(name) && IsValidUtf8(value));
    const absl::StatusOr<ResolvedValue> resolved = ResolvePlaceholders(properties->values, value);
    if (!resolved.ok()) continue;
    INGOT_CHECK(resolved->text.size() <= kResolvedBytesMax);
    // What has no placeholder is as it was.
    if (value.find("${") == std::string::npos) INGOT_CHECK(resolved->text == value);
  }
  return 0;
}
