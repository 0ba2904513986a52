#include "io/target_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "io/new_entry.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

std::unique_ptr<TargetTree> Tree(const std::string& path) {
  absl::StatusOr<std::unique_ptr<TargetTree>> tree = TargetTree::Open(path);
  EXPECT_OK(tree);
  return *std::move(tree);
}

TEST(TargetTreeTest, MakesTheLastComponentOnly) {
  ScratchDirectory scratch;
  EXPECT_TRUE(Tree(scratch / "new")->created_top());
  EXPECT_FALSE(Tree(scratch / "new")->created_top());
  EXPECT_TRUE(absl::IsNotFound(TargetTree::Open(scratch / "a/b").status()));
  WriteFile(scratch / "file", "");
  EXPECT_FALSE(TargetTree::Open(scratch / "file").ok());
}

TEST(TargetTreeTest, TheWayToTheTopMayLeadOverLinks) {
  ScratchDirectory scratch;
  ASSERT_EQ(mkdir((scratch / "real").c_str(), 0755), 0);
  ASSERT_EQ(symlink("real", (scratch / "link").c_str()), 0);
  const auto tree = Tree(scratch / "link");
  ASSERT_OK(tree->MakeDirectory(*tree->OpenDirectory(""), "d", 0755, false, "d"));
  EXPECT_TRUE(std::filesystem::is_directory(scratch / "real/d"));
}

TEST(TargetTreeTest, NeverFollowsALinkBelowTheTop) {
  ScratchDirectory scratch;
  for (const char* directory : {"top", "top/a", "top/a/b", "outside", "outside/b"}) {
    ASSERT_EQ(mkdir((scratch / directory).c_str(), 0755), 0);
  }
  ASSERT_EQ(symlink("../outside", (scratch / "top/out").c_str()), 0);
  ASSERT_EQ(symlink("a", (scratch / "top/in").c_str()), 0);
  ASSERT_EQ(symlink(scratch.path().c_str(), (scratch / "top/a/b/absolute").c_str()), 0);
  const auto tree = Tree(scratch / "top");
  EXPECT_OK(tree->OpenDirectory("a/b"));
  for (const char* path : {"out", "out/b", "in", "in/b", "a/b/absolute", "a/b/absolute/top"}) {
    EXPECT_FALSE(tree->OpenDirectory(path).ok()) << path;
  }
  EXPECT_TRUE(absl::IsNotFound(tree->OpenDirectory("a/missing").status()));
}

TEST(TargetTreeTest, TheWalkWithoutOpenat2IsAsStrict) {
  ScratchDirectory scratch;
  for (const char* directory : {"top", "top/a", "top/a/b", "outside", "outside/b"}) {
    ASSERT_EQ(mkdir((scratch / directory).c_str(), 0755), 0);
  }
  ASSERT_EQ(symlink("../outside", (scratch / "top/out").c_str()), 0);
  ASSERT_EQ(symlink("b", (scratch / "top/a/in").c_str()), 0);
  const auto tree = Tree(scratch / "top");
  tree->ForgoOpenat2();
  EXPECT_OK(tree->OpenDirectory("a/b"));
  EXPECT_OK(tree->OpenDirectory("a"));
  for (const char* path : {"out", "out/b", "a/in", "a/in/c"}) {
    EXPECT_FALSE(tree->OpenDirectory(path).ok()) << path;
  }
  EXPECT_TRUE(absl::IsNotFound(tree->OpenDirectory("a/missing").status()));
}

TEST(TargetTreeTest, MakeDirectoryTellsWhatWasThere) {
  ScratchDirectory scratch;
  const auto tree = Tree(scratch.path());
  const SharedFd top = *tree->OpenDirectory("");
  EXPECT_EQ(*tree->MakeDirectory(top, "d", 0700, false, "d"), TargetTree::Made::kCreated);
  EXPECT_EQ(*tree->MakeDirectory(top, "d", 0700, false, "d"), TargetTree::Made::kExisted);
  WriteFile(scratch / "f", "x");
  EXPECT_TRUE(absl::IsAlreadyExists(tree->MakeDirectory(top, "f", 0700, false, "f").status()));
  ASSERT_EQ(symlink("d", (scratch / "l").c_str()), 0);
  EXPECT_TRUE(absl::IsAlreadyExists(tree->MakeDirectory(top, "l", 0700, false, "l").status()));
  EXPECT_EQ(*tree->MakeDirectory(top, "l", 0700, true, "l"), TargetTree::Made::kCreated);
  EXPECT_FALSE(std::filesystem::is_symlink(scratch / "l"));
  EXPECT_OK(tree->Sync());
}

TEST(DirectoryCacheTest, OpensADirectoryOnce) {
  ScratchDirectory scratch;
  const auto tree = Tree(scratch.path());
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(mkdir((scratch / std::to_string(i)).c_str(), 0755), 0);
  }
  DirectoryCache cache(tree.get());
  const int first = (*cache.Open("0"))->get();
  EXPECT_EQ((*cache.Open("0"))->get(), first);
  const SharedFd held = *cache.Open("0");
  for (int i = 0; i < 40; ++i) EXPECT_OK(cache.Open(std::to_string(i)));
  EXPECT_EQ(held->get(), first);  // dropped from the cache, open for whoever holds it
  EXPECT_NE(fcntl(first, F_GETFD), -1);
}

}  // namespace
}  // namespace ingot::io
