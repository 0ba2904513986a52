// Names of any bytes on their way to terminals, JSON and patterns.
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "core/container/entry_check.h"
#include "core/glob.h"
#include "core/json.h"
#include "nlohmann/json.hpp"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {
namespace {

constexpr size_t kPatternBytesMax = 64;  // fnmatch(3) can take exponential time; users give them

// Decoded without the code under test.
bool IsHarmless(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t byte = static_cast<uint8_t>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return false;
    const uint8_t next = i + 1 < text.size() ? static_cast<uint8_t>(text[i + 1]) : 0;
    const uint8_t last = i + 2 < text.size() ? static_cast<uint8_t>(text[i + 2]) : 0;
    if (byte == 0xC2 && next < 0xA0) return false;   // C1
    if (byte == 0xD8 && next == 0x9C) return false;  // U+061C
    if (byte == 0xE2 && next == 0x80 && (last == 0x8E || last == 0x8F)) return false;
    if (byte == 0xE2 && next == 0x80 && last >= 0xA8 && last <= 0xAE) return false;
    if (byte == 0xE2 && next == 0x81 && last >= 0xA6 && last <= 0xA9) return false;
  }
  return true;
}

void CheckTexts(const std::string& name) {
  const std::string escaped = EscapeForTerminal(name);
  INGOT_CHECK(IsValidUtf8(escaped) && IsHarmless(escaped));
  const std::string text = ToUtf8(name);
  INGOT_CHECK(IsValidUtf8(text));
  INGOT_CHECK(!IsValidUtf8(name) || text == name);
  const nlohmann::ordered_json json = text;
  const std::string line = JsonForTerminal(json.dump());
  INGOT_CHECK(IsHarmless(line));
  INGOT_CHECK(nlohmann::ordered_json::parse(line) == json);
}

void CheckPath(const std::string& name) {
  const absl::StatusOr<absl::string_view> path = RelativePath(name);
  if (!path.ok()) return;
  INGOT_CHECK(!absl::StartsWith(*path, "/") && !absl::EndsWith(*path, "/"));
  const std::string between_slashes = "/" + std::string(*path) + "/";
  INGOT_CHECK(path->empty() || (!absl::StrContains(between_slashes, "/../") &&
                                !absl::StrContains(between_slashes, "/./") &&
                                !absl::StrContains(between_slashes, "//")));
}

// Blocks of the index are left unread because of what Prefixes says.
void CheckPattern(const std::string& pattern, const std::string& name) {
  if (pattern.find('\0') != std::string::npos || name.find('\0') != std::string::npos) return;
  const GlobSet globs({pattern});
  INGOT_CHECK(globs.Matches(name) == GlobSet::MatchesOne(pattern, name));
  const std::optional<std::vector<PathPrefix>> prefixes = globs.Prefixes();
  const absl::StatusOr<absl::string_view> path = RelativePath(name);
  if (!prefixes.has_value() || !path.ok() || !globs.Matches(name)) return;
  INGOT_CHECK(prefixes->size() == 1);
  const std::string& begin = (*prefixes)[0].text;
  INGOT_CHECK((*prefixes)[0].whole ? *path == begin || LiesBelow(*path, begin)
                                   : absl::StartsWith(*path, begin));
}

}  // namespace
}  // namespace ingot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingot;
  FuzzInput input(data, size);
  const std::string pattern(input.Bytes(input.Choice(kPatternBytesMax)));
  const std::string name(input.Rest());
  CheckTexts(name);
  CheckPath(name);
  CheckPattern(pattern, name);
  return 0;
}
