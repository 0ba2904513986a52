#include "nlohmann/json.hpp"
#include "tests/tools/read_verbs.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class InfoTest : public ReadVerbTest {};

TEST_F(InfoTest, SumsUp) {
  const CommandResult result = Run({"info", "c"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.output, HasSubstr("members   6 (file 2, directory 2, symlink 1, hardlink 1)"));
  EXPECT_THAT(result.output, HasSubstr("findings  0"));
}

TEST_F(InfoTest, Json) {
  const nlohmann::json json = nlohmann::json::parse(Run({"info", "--json", "c"}).output);
  EXPECT_EQ(json["members"], 6);
  EXPECT_EQ(json["members_by_type"]["hardlink"], 1);
  EXPECT_EQ(json["logical_bytes"], 10);
  EXPECT_EQ(json["file_bytes"], std::filesystem::file_size("c"));
  EXPECT_EQ(json["frames"], 1);
  EXPECT_GT(json["perf"]["seconds"], 0);
  EXPECT_EQ(json["perf"]["stages"]["plan"]["threads"], 1);
  EXPECT_GT(json["perf"]["stages"]["press"]["cpu"], 0);
  EXPECT_FALSE(json.contains("manifest"));
}

}  // namespace
}  // namespace ingot
