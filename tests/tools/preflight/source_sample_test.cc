#include "tools/preflight/source_sample.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::SizeIs;

constexpr uid_t kNobody = 65534;

class SourceSampleTest : public testing::Test {
 protected:
  std::string Tree(const std::string& name, int files) {
    fs::create_directories(scratch_ / (name + "/inner"));
    for (int i = 0; i < files; ++i) {
      WriteFile(scratch_ / absl::StrCat(name, "/inner/", i), std::string(4096, 'x'));
    }
    return scratch_ / name;
  }
  static TreeRoot Root(const std::string& path) {
    return {.source_path = path, .member_path = "m", .follow_symlink = true};
  }
  ScratchDirectory scratch_;
};

TEST_F(SourceSampleTest, SmallTreesAreWalkedToTheirEnds) {
  const std::vector<TreeRoot> roots = {Root(Tree("a", 10)), Root(Tree("b", 5))};
  const SourceSample sample = SampleSources(roots, {});
  EXPECT_TRUE(sample.complete);
  EXPECT_EQ(sample.entries, 17u);
  EXPECT_EQ(sample.bytes, 15u * 4096);
  EXPECT_EQ(sample.unreadable, 0u);
}

TEST_F(SourceSampleTest, HolesTakeNoRoom) {
  const std::string tree = Tree("a", 0);
  WriteFile(tree + "/sparse", "");
  ASSERT_EQ(truncate((tree + "/sparse").c_str(), off_t{1} << 40), 0);
  EXPECT_LT(SampleSources({Root(tree)}, {}).bytes, uint64_t{1} << 20);
}

TEST_F(SourceSampleTest, TheEndsOfTheLimitsAreTold) {
  const std::vector<TreeRoot> roots = {Root(Tree("a", 100)), Root(Tree("b", 100))};
  const SourceSample sample = SampleSources(roots, {.entries_max = 50});
  EXPECT_FALSE(sample.complete);
  EXPECT_EQ(sample.entries, 50u);  // 25 of each: one large root does not hide the others
  EXPECT_FALSE(SampleSources(roots, {.time_max = absl::ZeroDuration()}).complete);
}

TEST_F(SourceSampleTest, WhatOneRootDoesNotUseGoesToTheNext) {
  const std::vector<TreeRoot> roots = {Root(Tree("a", 2)), Root(Tree("b", 40))};
  EXPECT_TRUE(SampleSources(roots, {.entries_max = 60}).complete);
}

TEST_F(SourceSampleTest, LinksAreFollowedOnlyWhereTheyAreRoots) {
  const std::string tree = Tree("a", 3);
  fs::create_symlink(tree, scratch_ / "link");
  fs::create_symlink("/", tree + "/inner/up");
  EXPECT_EQ(SampleSources({Root(scratch_ / "link")}, {}).entries, 5u);
}

TEST_F(SourceSampleTest, WhatCannotBeReadIsCountedAndNamed) {
  const bool is_root = geteuid() == 0;
  const std::string tree = Tree("a", 10);
  chmod(scratch_.path().c_str(), 0755);
  chmod((tree + "/inner/3").c_str(), 0);
  fs::create_directory(tree + "/closed");
  chmod((tree + "/closed").c_str(), 0);
  ASSERT_EQ(is_root ? seteuid(kNobody) : 0, 0);
  const SourceSample sample = SampleSources({Root(tree)}, {});
  ASSERT_EQ(is_root ? seteuid(0) : 0, 0);
  EXPECT_EQ(sample.unreadable, 2u);
  EXPECT_THAT(sample.unreadable_names, SizeIs(2));
  EXPECT_THAT(sample.unreadable_names, Contains(tree + "/inner/3"));
  EXPECT_THAT(sample.unreadable_names, Contains(tree + "/closed"));
  chmod((tree + "/closed").c_str(), 0755);
}

TEST_F(SourceSampleTest, AMissingRootIsEmpty) {
  const SourceSample sample = SampleSources({Root(scratch_ / "nowhere")}, {});
  EXPECT_TRUE(sample.complete);
  EXPECT_EQ(sample.entries, 0u);
}

}  // namespace
}  // namespace ingot
