#include "tests/core/format/specification_example.h"

#include <cstdint>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "tests/core/format/hex.h"
#include "tests/testing.h"

namespace ingot {

std::string ExampleFromTheSpecification() {
  const std::string text = ReadFile(std::string(INGOT_TESTS_DIR) + "/../core/format/FORMAT.md");
  const std::vector<std::string> fenced = absl::StrSplit(text, "```hexdump\n");
  EXPECT_EQ(fenced.size(), 2u);
  std::string bytes, line_bytes;
  for (const absl::string_view line : absl::StrSplit(absl::string_view(fenced.back()), '\n')) {
    if (line == "```") break;
    if (line == "*") continue;  // the last line again, up to the next offset
    uint64_t offset = 0;
    EXPECT_TRUE(absl::SimpleHexAtoi(line.substr(0, 8), &offset)) << line;
    while (bytes.size() < offset) bytes += line_bytes;
    if (line.size() < 10) break;
    line_bytes = Unhex(line.substr(8, 51));
    bytes += line_bytes;
  }
  return bytes;
}

}  // namespace ingot
