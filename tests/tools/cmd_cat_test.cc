#include "tests/tools/read_verbs.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class CatTest : public ReadVerbTest {};

TEST_F(CatTest, GivesTheBytes) {
  EXPECT_EQ(Run({"cat", "c", "tree/file"}).output, "content");
  EXPECT_EQ(Run({"cat", "c", "tree/hard"}).output, "content");
  EXPECT_EQ(Run({"cat", "c", "./tree/file"}).output, "content");
  EXPECT_EQ(Run({"cat", "c", "tree/sub/odd\n\x1b[31m\xff"}).output, "odd");
}

TEST_F(CatTest, SaysWhatIsWrong) {
  const CommandResult unknown = Run({"cat", "c", "tree/nothing"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.error, HasSubstr("tree/nothing"));
  EXPECT_THAT(unknown.error, HasSubstr("ingot list c"));
  EXPECT_EQ(Run({"cat", "c", "tree"}).exit_code, 1);
  Damage("c");
  EXPECT_EQ(Run({"cat", "c", "tree/file"}).exit_code, 4);
}

TEST_F(CatTest, AClosedPipeIsNoError) {
  const ShellResult result =
      Shell("cd " + scratch_.path() +
            "; head -c 20000000 /dev/zero > big; " INGOT_BINARY " create -q -o b big; " INGOT_BINARY
            " cat b big | head -c 1 | wc -c; "
            "echo ${PIPESTATUS[0]}");
  EXPECT_EQ(result.output, "1\n0\n") << result.error;
  EXPECT_EQ(result.error, "");
}

}  // namespace
}  // namespace ingot
