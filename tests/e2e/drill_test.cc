// README's drill, on the program under test.
#include <string>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

TEST(DrillTest, AfterTheDisasterAllIsAsBefore) {
  ScratchDirectory scratch;
  ShellResult result;
  ASSERT_TRUE(Succeeds(absl::StrCat("INGOT=", Quote(INGOT_BINARY), " ", ProjectScript("drill.sh"),
                                    scratch / "drill"),
                       &result));
  EXPECT_THAT(result.output, testing::HasSubstr("the drill has ended"));
  EXPECT_THAT(result.error,
              testing::HasSubstr("proved: all 400 content files that the database refers to"));
}

}  // namespace
}  // namespace ingot
