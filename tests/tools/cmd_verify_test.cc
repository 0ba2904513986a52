#include "tests/tools/read_verbs.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class VerifyCommandTest : public ReadVerbTest {};

TEST_F(VerifyCommandTest, WholeIsOneLine) {
  const CommandResult result = Run({"verify", "c"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "ingot: c: whole: 6 members of 10 B in 1 frame\n");
  EXPECT_EQ(Run({"verify", "--quiet", "c"}).error, "");
}

TEST_F(VerifyCommandTest, DamageIsNamedAndEndsAs4) {
  Damage("c");
  const CommandResult result = Run({"verify", "c"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.error, HasSubstr("frame 0 at byte 0"));
  EXPECT_THAT(result.error, HasSubstr("member tree/file"));
  EXPECT_THAT(result.error, HasSubstr("c: DAMAGED"));
  EXPECT_EQ(Run({"verify", "--quick", "c"}).exit_code, 0);
}

TEST_F(VerifyCommandTest, ACutFileEndsAs4) {
  const std::string whole = ReadFile("c");
  WriteFile("c", whole.substr(0, whole.size() - 1));
  EXPECT_EQ(Run({"verify", "c"}).exit_code, 4);
  EXPECT_EQ(Run({"verify", "--quick", "c"}).exit_code, 4);
  EXPECT_EQ(Run({"verify", "missing"}).exit_code, 2);
}

}  // namespace
}  // namespace ingot
