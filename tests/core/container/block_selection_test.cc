#include "core/container/block_selection.h"

#include <cstdio>
#include <string>
#include <vector>

#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Blocks with these first paths; one that begins with '|' begins a run.
IndexRoot Root(const std::vector<std::string>& first_paths) {
  IndexRoot root;
  for (const std::string& path : first_paths) {
    IndexBlockInfo block;
    block.run_begins = path[0] == '|';
    block.first_path = block.run_begins ? path.substr(1) : path;
    root.blocks.push_back(block);
  }
  return root;
}

std::vector<BlockRange> Select(const std::vector<std::string>& patterns, const IndexRoot& root) {
  return BlocksThatMayMatch(GlobSet(patterns), root);
}

TEST(BlockSelectionTest, RunsAreFromBeginningToBeginning) {
  EXPECT_THAT(RunsOf(Root({})), IsEmpty());
  EXPECT_THAT(RunsOf(Root({"|a", "a/m", "|b"})), ElementsAre(BlockRange{0, 2}, BlockRange{2, 3}));
}

TEST(BlockSelectionTest, ANameLiesInOneBlock) {
  const IndexRoot root = Root({"|t", "t/b", "t/b/m", "t/c", "t/d"});
  EXPECT_THAT(Select({"t/a"}, root), ElementsAre(BlockRange{0, 1}));
  EXPECT_THAT(Select({"t/c"}, root), ElementsAre(BlockRange{3, 4}));
  EXPECT_THAT(Select({"t/c/x"}, root), ElementsAre(BlockRange{3, 4}));
  EXPECT_THAT(Select({"t/z/z"}, root), ElementsAre(BlockRange{4, 5}));
  EXPECT_THAT(Select({"s/x"}, root), IsEmpty());
}

TEST(BlockSelectionTest, ADirectoryLiesInAllBlocksThatBeginBelowIt) {
  const IndexRoot root = Root({"|t", "t/b", "t/b/m", "t/b/n", "t/b-c", "t/d"});
  EXPECT_THAT(Select({"t/b"}, root), ElementsAre(BlockRange{1, 4}));
  EXPECT_THAT(Select({"t/b*"}, root), ElementsAre(BlockRange{1, 5}));
  EXPECT_THAT(Select({"t/b/*x"}, root), ElementsAre(BlockRange{1, 4}));
}

TEST(BlockSelectionTest, WithoutAPrefixAllBlocksAreTaken) {
  const IndexRoot root = Root({"|t", "t/b", "t/c"});
  EXPECT_THAT(Select({}, root), ElementsAre(BlockRange{0, 3}));
  EXPECT_THAT(Select({"c"}, root), ElementsAre(BlockRange{0, 3}));
  EXPECT_THAT(Select({"t/b", "*.c"}, root), ElementsAre(BlockRange{0, 3}));
  EXPECT_THAT(Select({}, Root({})), IsEmpty());
}

// Of a run that begins before it a path may be the last, wherever the run began.
TEST(BlockSelectionTest, EveryRunIsLookedAtAndWithDotSlash) {
  const IndexRoot root = Root({"|./t", "./t/l", "./t/m", "|z", "|t", "t/m"});
  EXPECT_THAT(Select({"t/a"}, root),
              ElementsAre(BlockRange{0, 1}, BlockRange{2, 3}, BlockRange{4, 5}));
}

TEST(BlockSelectionTest, RangesAreMerged) {
  const IndexRoot root = Root({"|t", "t/b", "t/c", "t/d", "t/e"});
  EXPECT_THAT(Select({"t/d", "t/a", "t/b", "t/b/x"}, root),
              ElementsAre(BlockRange{0, 2}, BlockRange{3, 4}));
}

// Files t/0000 ... in blocks of kIndexBlockEntriesMax.
constexpr int kFiles = 5 * static_cast<int>(kIndexBlockEntriesMax) / 2;
std::string PathOf(int i) {
  char path[16];
  std::snprintf(path, sizeof(path), "t/%06d", i);
  return path;
}

TEST(BlockSelectionTest, WhatMatchesIsInTheBlocks) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("t"));
  for (int i = 0; i < kFiles; ++i) builder.AddFile(PathOf(i), "");
  ScratchDirectory scratch;
  const auto container = OpenBytes(builder.Build(), scratch / "c");
  ASSERT_EQ(container->root().blocks.size(), 3u);
  for (const std::string& pattern :
       {PathOf(0), PathOf(2046), PathOf(2047), PathOf(2048), PathOf(kFiles - 1),
        std::string("t/0020*"), std::string("t/*9")}) {
    const GlobSet patterns({pattern});
    std::vector<std::string> all, selected;
    const auto collect = [&patterns](std::vector<std::string>* into) {
      return [&patterns, into](const IndexEntry& entry) {
        if (patterns.Matches(entry.path)) into->push_back(entry.path);
        return absl::OkStatus();
      };
    };
    EXPECT_OK(container->ForEachEntry(collect(&all)));
    EXPECT_OK(container->ForEachEntry(BlocksThatMayMatch(patterns, container->root()),
                                      collect(&selected)));
    EXPECT_FALSE(all.empty()) << pattern;
    EXPECT_EQ(all, selected) << pattern;
  }
}

}  // namespace
}  // namespace ingot
