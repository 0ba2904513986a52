#include "tools/alfresco/coverage.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

class CoverageTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scratch_ / "root/store/inner");
    fs::create_directories(scratch_ / "other");
    fs::create_directory_symlink(scratch_ / "root/store", scratch_ / "link");
    plan_.content.push_back(
        {TreeRoot{.source_path = scratch_ / "link", .member_path = "store", .follow_symlink = true},
         StageRole::kContentStore});
  }
  ScratchDirectory scratch_;
  BackupPlan plan_;
};

TEST_F(CoverageTest, FollowsLinks) {
  const Coverage coverage(plan_);
  EXPECT_TRUE(coverage.Covers(scratch_ / "root/store/inner"));
  EXPECT_TRUE(coverage.Covers(scratch_ / "link"));
  EXPECT_FALSE(coverage.Covers(scratch_ / "root"));
  EXPECT_FALSE(coverage.Covers(scratch_ / "root/store2"));
  EXPECT_TRUE(coverage.HoldsRoot(scratch_ / "root"));
  EXPECT_FALSE(coverage.HoldsRoot(scratch_ / "other"));
}

TEST_F(CoverageTest, WordsThatTakeAPathDoNotCollide) {
  Coverage coverage(plan_);
  EXPECT_EQ(coverage.HowToTake("/a/conf"), "--also /a/conf takes it");
  EXPECT_THAT(coverage.HowToTake("/b/conf"), testing::HasSubstr("ingot create"));
  EXPECT_THAT(coverage.HowToTake("/b/store"), testing::HasSubstr("ingot create"));
  EXPECT_THAT(coverage.HowToTake(scratch_ / "root"), testing::HasSubstr("ingot create"));
}

TEST(ShellWordTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(ShellWord("/a/b-c_1.x"), "/a/b-c_1.x");
  EXPECT_EQ(ShellWord("/a b"), "'/a b'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace ingot
