#include "io/identity.h"

#include "tests/testing.h"

namespace ingot::io {
namespace {

TEST(IdentityTest, KnowsRootBothWays) {
  for (int round = 0; round < 2; ++round) {  // asked, and remembered
    EXPECT_EQ(UserName(0), "root");
    EXPECT_EQ(GroupName(0), "root");
    EXPECT_EQ(UserId("root"), 0u);
    EXPECT_EQ(GroupId("root"), 0u);
  }
}

TEST(IdentityTest, UnknownOnes) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(UserName(3'987'654'321), "");
    EXPECT_EQ(GroupName(3'987'654'321), "");
    EXPECT_EQ(UserId("nobody by this name"), std::nullopt);
    EXPECT_EQ(GroupId("no group by this name"), std::nullopt);
  }
}

}  // namespace
}  // namespace ingot::io
