#include "tools/roots.h"

#include <filesystem>

#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct NameCase {
  const char* path;
  const char* name;
  const char* removed;
};

TEST(MemberNameTest, NamesAsTarDoes) {
  const NameCase cases[] = {
      {"a", "a", ""},
      {"a/b", "a/b", ""},
      {"a/", "a", ""},
      {"a//b///c", "a/b/c", ""},
      {"a/./b/.", "a/b", ""},
      {"./a", "./a", ""},
      {".//a", "./a", ""},
      {"././a", "./a", ""},
      {".", ".", ""},
      {"./", ".", ""},
      {"/a/b", "a/b", "/"},
      {"//a", "a", "//"},
      {"/", ".", "/"},
      {"/./a", "a", "/"},
      {"../a", "a", "../"},
      {"..", ".", ".."},
      {"../..", ".", "../.."},
      {"a/../b", "b", "a/../"},
      {"a/../b/../c/d", "c/d", "a/../b/../"},
      {"/a/../b", "b", "/a/../"},
      {"./../a", "a", "./../"},
      {"a..", "a..", ""},
      {"...", "...", ""},
      {"..a/b", "..a/b", ""},
      {"a\nb", "a\nb", ""},
  };
  for (const NameCase& c : cases) {
    const absl::StatusOr<MemberName> name = MemberNameOf(c.path);
    ASSERT_TRUE(name.ok()) << c.path;
    EXPECT_EQ(name->name, c.name) << c.path;
    EXPECT_EQ(name->removed, c.removed) << c.path;
  }
  EXPECT_EQ(MemberNameOf("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MemberNameOf(absl::string_view("a\0b", 3)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PathTest, AbsoluteByText) {
  EXPECT_EQ(AbsolutePath("a", "/x/y"), "/x/y/a");
  EXPECT_EQ(AbsolutePath("./a/../b//c/", "/x/y"), "/x/y/b/c");
  EXPECT_EQ(AbsolutePath("../../../a", "/x/y"), "/a");
  EXPECT_EQ(AbsolutePath("/a/./b", "/x"), "/a/b");
  EXPECT_EQ(AbsolutePath("", "/x"), "/x");
  EXPECT_EQ(AbsolutePath("/", "/x"), "/");
}

TEST(PathTest, WithinByComponents) {
  EXPECT_TRUE(IsWithin("/a/b", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/"));
  EXPECT_FALSE(IsWithin("/ab", "/a"));
  EXPECT_FALSE(IsWithin("/a", "/a/b"));
}

class RootsTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scratch_ / "one/sub");
    fs::create_directories(scratch_ / "two");
    WriteFile(scratch_ / "one/file", "x");
    fs::create_symlink("one", scratch_ / "link");
    fs::create_symlink("nowhere", scratch_ / "dangling");
    before_ = fs::current_path();
    fs::current_path(scratch_.path());
  }
  void TearDown() override { fs::current_path(before_); }

  absl::StatusOr<std::vector<TreeRoot>> Roots(const std::vector<std::string>& paths) {
    notes_.clear();
    return RootsOf(paths, &notes_);
  }
  void ExpectUsageError(const std::vector<std::string>& paths, const std::string& message) {
    const absl::StatusOr<std::vector<TreeRoot>> roots = Roots(paths);
    EXPECT_EQ(roots.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(roots.status().message()), HasSubstr(message));
  }

  ScratchDirectory scratch_;
  fs::path before_;
  std::vector<std::string> notes_;
};

TEST_F(RootsTest, TrailingSlashFollowsALink) {
  absl::StatusOr<std::vector<TreeRoot>> roots = Roots({"link/"});
  ASSERT_OK(roots);
  EXPECT_TRUE((*roots)[0].follow_symlink);
  EXPECT_EQ((*roots)[0].source_path, "link");
  EXPECT_EQ((*roots)[0].member_path, "link");
  roots = Roots({"link"});
  ASSERT_OK(roots);
  EXPECT_FALSE((*roots)[0].follow_symlink);
}

TEST_F(RootsTest, ALinkAndItsTargetGoTogetherUnlessItIsFollowed) {
  EXPECT_OK(Roots({"one", "link"}));
  EXPECT_OK(Roots({"one", "dangling"}));
  ExpectUsageError({"one", "link/"}, "one and link are the same");
}

TEST_F(RootsTest, WhatDoesNotExistIsAUsageError) {
  ExpectUsageError({"one", "missing"}, "missing");
  ExpectUsageError({"dangling/"}, "dangling");
  ExpectUsageError({"one/file/"}, "one/file/");
  ExpectUsageError({""}, "empty path");
}

TEST_F(RootsTest, OverlapsAreUsageErrors) {
  ExpectUsageError({"one", "one"}, "are the same");
  ExpectUsageError({"one", "one/sub"}, "one/sub lies within one");
  ExpectUsageError({"one/sub", "one"}, "one/sub lies within one");
  ExpectUsageError({".", scratch_ / "two"}, "lies within");
  ExpectUsageError({"one", "two/../one/sub"}, "two/../one/sub lies within one");
  EXPECT_OK(Roots({"one/sub", "one/file"}));
}

TEST_F(RootsTest, MembersOfTheSameNameAreUsageErrors) {
  fs::create_directories(scratch_ / "two/one");
  fs::current_path(scratch_ / "two");
  ExpectUsageError({"one", "../one"}, "would both be 'one'");
  ExpectUsageError({"./one", "../one"}, "would both be 'one'");
  // "." holds an "one" of its own; it holds no "link".
  ExpectUsageError({".", "../one"}, "would both be 'one'");
  EXPECT_OK(Roots({".", "../link"}));
}

TEST_F(RootsTest, AFileInTheWayOfAnotherRootsNameIsACollision) {
  fs::create_directories(scratch_ / "three");
  WriteFile(scratch_ / "three/one", "not a directory");
  fs::current_path(scratch_ / "three");
  fs::create_directories(scratch_ / "x/one/sub");
  ExpectUsageError({".", "../x/../one"}, "would both be");
}

TEST_F(RootsTest, OurOwnMembersAreReserved) {
  fs::create_directories(scratch_ / "ingot");
  EXPECT_OK(Roots({"ingot"}));
  WriteFile(scratch_ / "ingot/findings.json", "{}");
  ExpectUsageError({"ingot"}, "ingot's own member");
  ExpectUsageError({"."}, "ingot's own member");
}

TEST_F(RootsTest, TellsOnceWhatWasStripped) {
  ASSERT_OK(Roots({scratch_ / "one", scratch_ / "two", "two/../dangling"}));
  EXPECT_THAT(notes_,
              testing::UnorderedElementsAre("removing leading '/' from member names",
                                            "removing leading 'two/../' from member names"));
}

}  // namespace
}  // namespace ingot
