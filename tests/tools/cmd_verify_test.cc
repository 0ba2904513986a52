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
}

TEST_F(VerifyCommandTest, WhatIsNoFileIsAMistakeOfUsage) {
  ASSERT_EQ(mknod("socket", S_IFSOCK | 0600, 0), 0);
  for (const auto& [name, said] : {std::pair("missing", "open missing: No such file"),
                                   {".", "open .: not a regular file"},
                                   {"/dev/null", "open /dev/null: not a regular file"},
                                   {"socket", "open socket: not a regular file"},
                                   {"-", "store it in a file first"}}) {
    for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
             {"verify", name}, {"cat", name, "x"}, {"salvage", name, "-C", "out"}}) {
      const CommandResult result = Run(verb);
      EXPECT_EQ(result.exit_code, 2) << verb[0] << " " << name;
      EXPECT_THAT(result.error, HasSubstr(said)) << verb[0] << " " << name;
    }
  }
}

}  // namespace
}  // namespace ingot
