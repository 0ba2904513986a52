#include "core/container/entry_check.h"

#include <string>

#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

TEST(RelativePathTest, TakesWhatCreateWrites) {
  EXPECT_EQ(*RelativePath("a"), "a");
  EXPECT_EQ(*RelativePath("a/b..c/...d"), "a/b..c/...d");
  EXPECT_EQ(*RelativePath("./a/b"), "a/b");
  EXPECT_EQ(*RelativePath("."), "");
}

TEST(RelativePathTest, RefusesWhatCouldLeadOut) {
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("/a"), std::string(".."), std::string("../a"),
        std::string("a/../b"), std::string("a/.."), std::string("./../a"), std::string("a//b"),
        std::string("a/"), std::string("./"), std::string("a/./b"), std::string(".//etc"),
        std::string("././a"), std::string("a\0b", 3)}) {
    EXPECT_TRUE(absl::IsDataLoss(RelativePath(path).status())) << path;
  }
}

TEST(PathTest, Parts) {
  EXPECT_EQ(ParentPath("a/b/c"), "a/b");
  EXPECT_EQ(ParentPath("a"), "");
  EXPECT_EQ(LastComponent("a/b/c"), "c");
  EXPECT_EQ(LastComponent("a"), "a");
  EXPECT_TRUE(LiesBelow("a/b", "a"));
  EXPECT_TRUE(LiesBelow("a", ""));
  EXPECT_FALSE(LiesBelow("a", "a"));
  EXPECT_FALSE(LiesBelow("ab", "a"));
  EXPECT_FALSE(LiesBelow("", ""));
}

// The first complaint about any entry, in order.
absl::Status CheckAll(ContainerBuilder& builder) {
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  EntryCheck check(&container->frames());
  for (const ContainerBuilder::Added& added : builder.entries()) {
    const absl::Status status = check.Check(added.entry, added.run_begins);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

TEST(EntryCheckTest, ContentWithOrder) {
  ContainerBuilder builder;
  builder.Run().Add(DirectoryMember("b")).AddFile("b/x", "1").AddFile("b-x", "2");
  builder.Run().AddFile("a", "3").Add(HardLinkMember("c", "b/x"));
  EXPECT_OK(CheckAll(builder));
}

TEST(EntryCheckTest, RefusesWhatIngotNeverWrites) {
  ContainerBuilder order;
  order.AddFile("b", "1").AddFile("a", "2");
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(order)));

  ContainerBuilder twice;
  twice.AddFile("a", "1").AddFile("a", "2");
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(twice)));

  ContainerBuilder below_link;
  below_link.Add(SymlinkMember("a", "/etc")).AddFile("a/passwd", "x");
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(below_link)));

  ContainerBuilder link_out;
  link_out.Add(HardLinkMember("a", "../../etc/passwd"));
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(link_out)));

  ContainerBuilder outside;
  outside.AddFile("a", "1");
  outside.last().frame_offset = 1 << 20;
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(outside)));

  ContainerBuilder no_frame;
  no_frame.AddFile("a", "1");
  no_frame.last().frame = 7;
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(no_frame)));

  ContainerBuilder same_place;
  same_place.AddFile("a", "1").AddFile("b", "2");
  same_place.last().frame_offset = 0;
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(same_place)));

  ContainerBuilder dot_file;
  dot_file.AddFile(".", "1");
  EXPECT_TRUE(absl::IsDataLoss(CheckAll(dot_file)));
}

TEST(FindCarrierTest, OnlyEarlierRegularMembers) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("a")).AddFile("b", "1").Add(HardLinkMember("c", "b"));
  builder.Add(HardLinkMember("d", "a")).Add(HardLinkMember("e", "f")).AddFile("f", "2");
  builder.Add(HardLinkMember("g", "nothing"));
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  const auto carrier = [&container](const char* path) {
    return FindCarrier(*container, **container->Find(path));
  };
  ASSERT_OK(carrier("c"));
  EXPECT_EQ(carrier("c")->path, "b");
  for (const char* path : {"d", "e", "g"}) {
    EXPECT_TRUE(absl::IsDataLoss(carrier(path).status())) << path;
  }
}

}  // namespace
}  // namespace ingot
