#include "core/restore/restore.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/format/acl.h"
#include "io/interruption.h"
#include "tests/core/container/container_fixture.h"
#include "tests/core/restore/nobody.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

absl::StatusOr<RestoreSummary> RestoreBytes(const std::string& bytes, const std::string& target,
                                            RestoreOptions options = {}) {
  ScratchDirectory scratch;
  const auto container = OpenBytes(bytes, scratch / "c");
  options.directory = target;
  if (options.threads == 0) options.threads = 3;
  RestoreProgress progress;
  return Restore(*container, options, &progress);
}

struct stat Lstat(const std::string& path) {
  struct stat stat = {};
  EXPECT_EQ(lstat(path.c_str(), &stat), 0) << path;
  return stat;
}

bool Exists(const std::string& path) {
  struct stat stat = {};
  return lstat(path.c_str(), &stat) == 0;
}

std::string Link(const std::string& path) {
  char text[4096] = {};
  EXPECT_GE(readlink(path.c_str(), text, sizeof(text) - 1), 0) << path;
  return text;
}

std::string Xattr(const std::string& path, const char* name) {
  char value[256];
  const ssize_t length = lgetxattr(path.c_str(), name, value, sizeof(value));
  return length < 0 ? "none" : std::string(value, static_cast<size_t>(length));
}

std::string Problems(const RestoreSummary& summary) {
  std::string lines;
  for (const RestoreProblem& problem : summary.problems) {
    absl::StrAppend(&lines, problem.text, "\n");
  }
  return lines;
}

bool Whole(const absl::StatusOr<RestoreSummary>& summary) {
  return summary.ok() && summary->problems.empty();
}

// What only root can do is asked for only where we are root.
bool Root() { return geteuid() == 0; }

// What is above it is as private as it was, and the owner can go on in it.
TEST(RestoreTest, DirectoriesThatAreNotAskedForHaveTheirModes) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d", 0710)).Add(DirectoryMember("d/e", 0050));
  builder.AddFile("d/e/f", "x").AddFile("p/q", "y");
  ScratchDirectory target;
  RestoreOptions options;
  options.patterns = {"f", "q"};
  ASSERT_TRUE(Whole(RestoreBytes(builder.Build(), target / "out", options)));
  EXPECT_EQ(Lstat(target / "out/d").st_mode & 07777, 0710u);
  EXPECT_EQ(Lstat(target / "out/d/e").st_mode & 07777, 0750u);
  const mode_t mask = umask(0);
  umask(mask);
  EXPECT_EQ(Lstat(target / "out/p").st_mode & 07777, 0777u & ~mask);  // it is no member
}

TEST(RestoreTest, DirectoriesThatExistedAreToldToBeAsTheyWere) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d", 0710)).AddFile("d/f", "x").Add(DirectoryMember("e", 0700));
  ScratchDirectory target;
  ASSERT_EQ(mkdir((target / "d").c_str(), 0755), 0);
  auto summary = RestoreBytes(builder.Build(), target.path());
  ASSERT_OK(summary);
  EXPECT_EQ(summary->directories_kept, 1u);
  EXPECT_EQ(Lstat(target / "d").st_mode & 07777, 0755u);
  RestoreOptions options;
  options.replace = true;
  summary = RestoreBytes(builder.Build(), target.path(), options);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->directories_kept, 0u);
  EXPECT_EQ(Lstat(target / "d").st_mode & 07777, 0710u);
}

// What is wrong with a directory is told with the first members that lie in it.
TEST(RestoreTest, OneCauseIsToldAFewTimes) {
  if (!Root()) SKIP_OR_FAIL("needs root");
  ContainerBuilder builder;
  for (char name = 'a'; name <= 'z'; ++name) builder.AddFile(std::string("d/") + name, "x");
  ScratchDirectory target;
  ASSERT_EQ(chmod(target.path().c_str(), 0755), 0);
  const std::string bytes = builder.Build();
  ASSERT_EQ(mkdir((target / "out").c_str(), 0755), 0);
  EXPECT_TRUE(AsNobody([&] {
    const auto summary = RestoreBytes(bytes, target / "out");
    if (!summary.ok()) return false;
    const std::string text = absl::StrCat(": create directory ", target / "out/d", ": Permission");
    return summary->Count(RestoreProblemKind::kFailed) == 26 && summary->problems.size() == 3 &&
           absl::StrContains(summary->problems[0].text, text);
  }));
}

TEST(RestoreTest, EveryKindOfMember) {
  if (!Root()) SKIP_OR_FAIL("needs root");
  Member directory = DirectoryMember("d", 02555);
  directory.mtime = {-5, 250000000};
  directory.xattrs = {{"user.kind", "dir"}};
  Member file = RegularMember("d/file", 5);
  file.mode = 06751;
  file.uid = 1234;
  file.gid = 4321;
  file.xattrs = {{"trusted.secret", std::string("\0\1", 2)}, {"user.color", "blue"}};
  Member fifo = RegularMember("d/fifo", 0);
  fifo.type = MemberType::kFifo;
  fifo.mode = 0622;
  Member null = RegularMember("d/null", 0);
  null.type = MemberType::kCharacterDevice;
  null.device_major = 1;
  null.device_minor = 3;
  Member block = RegularMember("d/block", 0);
  block.type = MemberType::kBlockDevice;
  block.device_major = 7;
  block.device_minor = 300;
  Member sym = SymlinkMember("d/sym", "../../nowhere");
  sym.uid = 7;
  ContainerBuilder builder;
  builder.Add(directory).Add(block).AddFile("d/empty", "").Add(fifo).Add(file, "hello");
  builder.Add(HardLinkMember("d/link", "d/file")).Add(null).Add(sym);
  ScratchDirectory target;
  const auto summary = RestoreBytes(builder.Build(), target / "out");
  ASSERT_OK(summary);
  EXPECT_EQ(Problems(*summary), "");
  EXPECT_EQ(summary->members, 8u);

  const std::string d = target / "out/d";
  EXPECT_EQ(Lstat(d).st_mode, S_IFDIR | 02555u);
  EXPECT_EQ(Lstat(d).st_mtim.tv_sec, -5);
  EXPECT_EQ(Lstat(d).st_mtim.tv_nsec, 250000000);
  EXPECT_EQ(Xattr(d, "user.kind"), "dir");
  EXPECT_EQ(ReadFile(d + "/file"), "hello");
  EXPECT_EQ(Lstat(d + "/file").st_mode, S_IFREG | 06751u);
  EXPECT_EQ(Lstat(d + "/file").st_uid, 1234u);
  EXPECT_EQ(Lstat(d + "/file").st_gid, 4321u);
  EXPECT_EQ(Lstat(d + "/file").st_mtim.tv_nsec, 123456789);
  EXPECT_EQ(Xattr(d + "/file", "user.color"), "blue");
  EXPECT_EQ(Xattr(d + "/file", "trusted.secret"), std::string("\0\1", 2));
  EXPECT_EQ(Lstat(d + "/link").st_ino, Lstat(d + "/file").st_ino);
  EXPECT_EQ(Lstat(d + "/empty").st_size, 0);
  EXPECT_EQ(Lstat(d + "/fifo").st_mode, S_IFIFO | 0622u);
  EXPECT_EQ(Lstat(d + "/null").st_mode, S_IFCHR | 0644u);
  EXPECT_EQ(Lstat(d + "/null").st_rdev, makedev(1, 3));
  EXPECT_EQ(Lstat(d + "/block").st_rdev, makedev(7, 300));
  EXPECT_EQ(Link(d + "/sym"), "../../nowhere");
  EXPECT_EQ(Lstat(d + "/sym").st_uid, 7u);
  EXPECT_EQ(Lstat(d + "/sym").st_mtim.tv_sec, 1700000000);
}

TEST(RestoreTest, OwnersByNameUnlessNumeric) {
  if (!Root()) SKIP_OR_FAIL("needs root");
  Member file = RegularMember("f", 0);
  file.uid = 4000;
  file.gid = 4001;
  file.user_name = "daemon";
  file.group_name = "no-such-group";
  ContainerBuilder builder;
  const std::string bytes = builder.Add(file).Build();
  ScratchDirectory target;
  ASSERT_TRUE(Whole(RestoreBytes(bytes, target / "named")));
  EXPECT_EQ(Lstat(target / "named/f").st_uid, 1u);
  EXPECT_EQ(Lstat(target / "named/f").st_gid, 4001u);
  ASSERT_TRUE(Whole(RestoreBytes(bytes, target / "numeric", {.numeric_owner = true})));
  EXPECT_EQ(Lstat(target / "numeric/f").st_uid, 4000u);
}

TEST(RestoreTest, SparseStaysSparseAndSlicesFindTheirPlaces) {
  const std::string big = Noise((5 << 20) + 77);
  Member sparse = RegularMember("sparse", 40 << 20);
  sparse.sparse = true;
  sparse.extents = {{1 << 20, 1 << 20}, {(20 << 20) + 4096, 4096}, {30 << 20, 1 << 20}};
  const std::string data = Noise((2 << 20) + 4096, 7);
  std::string expected(40 << 20, '\0');
  expected.replace(1 << 20, 1 << 20, data, 0, 1 << 20);
  expected.replace((20 << 20) + 4096, 4096, data, 1 << 20, 4096);
  expected.replace(30 << 20, 1 << 20, data, (1 << 20) + 4096, 1 << 20);
  Member hole = RegularMember("zero", 8 << 20);
  hole.sparse = true;
  for (const bool header_apart : {false, true}) {
    ContainerBuilder builder;
    builder.AddSliced(RegularMember("big", big.size()), big, {1 << 20, 2 << 20, 2 << 20, 77},
                      header_apart);
    builder.AddFile("c", "small");
    builder.AddSliced(sparse, data, {1 << 20, 4096, 1 << 20});
    builder.Add(hole);
    for (const int threads : {1, 4}) {
      ScratchDirectory target;
      const auto summary = RestoreBytes(builder.Build(), target.path(), {.threads = threads});
      ASSERT_OK(summary);
      EXPECT_EQ(Problems(*summary), "");
      EXPECT_TRUE(ReadFile(target / "big") == big);
      EXPECT_EQ(ReadFile(target / "c"), "small");
      EXPECT_TRUE(ReadFile(target / "sparse") == expected);
      EXPECT_LT(Lstat(target / "sparse").st_blocks * 512, 3 << 20);
      EXPECT_EQ(Lstat(target / "zero").st_size, 8 << 20);
      EXPECT_EQ(Lstat(target / "zero").st_blocks, 0);
      EXPECT_EQ(Lstat(target / "big").st_mode, S_IFREG | 0644u);
    }
  }
}

TEST(RestoreTest, MembersOfADotRoot) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember(".", 0750)).Add(DirectoryMember("./a")).AddFile("./a/f", "x");
  builder.Add(HardLinkMember("./b", "./a/f"));
  ScratchDirectory target;
  ASSERT_TRUE(Whole(RestoreBytes(builder.Build(), target / "new")));
  EXPECT_EQ(ReadFile(target / "new/a/f"), "x");
  EXPECT_EQ(Lstat(target / "new/b").st_nlink, 2u);
  EXPECT_EQ(Lstat(target / "new").st_mode & 07777, 0750u);
  ASSERT_EQ(chmod((target.path()).c_str(), 0711), 0);
  ASSERT_TRUE(Whole(RestoreBytes(builder.Build(), target.path())));
  EXPECT_EQ(Lstat(target.path()).st_mode & 07777, 0711u);  // it was there before
}

TEST(RestoreTest, PathsLongerThanPathMax) {
  ContainerBuilder builder;
  std::string path;
  for (int i = 0; i < 25; ++i) {
    absl::StrAppend(&path, i == 0 ? "" : "/", std::string(200, static_cast<char>('a' + i)));
    builder.Add(DirectoryMember(path, 0500 + static_cast<uint32_t>(i % 8)));
  }
  builder.AddFile(path + "/file", "deep");
  ASSERT_GT(path.size(), 5000u);
  ScratchDirectory target;
  const auto summary = RestoreBytes(builder.Build(), target.path());
  ASSERT_OK(summary);
  EXPECT_EQ(Problems(*summary), "");
  const ShellResult found =
      Shell("find " + target.path() + " -name file -type f -size -5c | wc -l");
  EXPECT_EQ(found.output, "1\n") << found.error;
}

TEST(RestoreTest, ByPatternWithTheDirectoriesAbove) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("a", 0700)).Add(DirectoryMember("a/b", 0700));
  builder.AddFile("a/b/x.txt", "1").AddFile("a/b/y.bin", "2").EndFrame().AddFile("c", "3");
  ScratchDirectory target;
  const auto summary = RestoreBytes(builder.Build(), target.path(), {.patterns = {"*.txt"}});
  ASSERT_TRUE(Whole(summary));
  EXPECT_EQ(summary->members, 1u);
  EXPECT_EQ(ReadFile(target / "a/b/x.txt"), "1");
  EXPECT_FALSE(Exists(target / "a/b/y.bin"));
  EXPECT_FALSE(Exists(target / "c"));
}

TEST(RestoreTest, AMemberBecomesTheTarget) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("a")).Add(DirectoryMember("a/store", 0710));
  builder.Add(DirectoryMember("a/store/d")).AddFile("a/store/d/g", "g");
  builder.AddFile("a/store/f", "f").Add(HardLinkMember("a/store/link", "a/store/f"));
  builder.AddFile("a/store2", "no");
  builder.Run().AddFile("outside", "o").Run().Add(DirectoryMember("b"));
  builder.Add(HardLinkMember("b/l", "outside")).Add(HardLinkMember("b/m", "outside"));
  ScratchDirectory target;
  RestoreOptions options;
  options.root = "a/store";
  const auto summary = RestoreBytes(builder.Build(), target / "out", options);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->members, 5u);
  EXPECT_EQ(Lstat(target / "out").st_mode & 07777, 0710u);
  EXPECT_EQ(ReadFile(target / "out/d/g"), "g");
  EXPECT_EQ(Lstat(target / "out/link").st_ino, Lstat(target / "out/f").st_ino);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(target / "out"), {}), 3);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(target.path()), {}), 1);

  options.root = "b";  // whose links have their carrier elsewhere
  ASSERT_OK(RestoreBytes(builder.Build(), target / "b", options));
  EXPECT_EQ(ReadFile(target / "b/l"), "o");
  EXPECT_EQ(Lstat(target / "b/l").st_ino, Lstat(target / "b/m").st_ino);

  for (const char* root : {"nothing", "a/stor", "outside", "./a", "/a", "../a", "a/"}) {
    options.root = root;
    EXPECT_FALSE(RestoreBytes(builder.Build(), target / "none", options).ok()) << root;
    EXPECT_FALSE(Exists(target / "none")) << root;
  }
}

// Three blocks of the index and a bit, with a member over several frames as the last of the first
// block and a link, in the third block, to a file of the first.
class SeveralBlocksTest : public testing::Test {
 protected:
  SeveralBlocksTest() : big_(Noise((3 << 20) + 5)) {
    builder_.Add(DirectoryMember("t", 0700));
    for (int i = 1; i < kEntries; ++i) {
      const std::string path = PathOf(i);
      if (i == kBlock - 1) {
        builder_.AddSliced(RegularMember(path, big_.size()), big_,
                           {1 << 20, 1 << 20, (1 << 20) + 5});
      } else if (i == 2 * kBlock + 7) {
        builder_.Add(HardLinkMember(path, PathOf(1)));
      } else {
        builder_.AddFile(path, path);
      }
      if (i % 500 == 0) builder_.EndFrame();
    }
  }

  // Restores with all blocks of the index flipped but these.
  absl::StatusOr<RestoreSummary> Restore(RestoreOptions options, const std::set<size_t>& whole) {
    std::string bytes = builder_.Build();
    ScratchDirectory scratch;
    const auto container = OpenBytes(bytes, scratch / "c");
    EXPECT_EQ(container->root().blocks.size(), 4u);
    for (size_t block = 0; block < 4; ++block) {
      if (!whole.contains(block)) bytes[container->IndexBlockOffset(block) + 40] ^= 1;
    }
    return RestoreBytes(bytes, target_ / "out", std::move(options));
  }

  static constexpr int kBlock = static_cast<int>(kIndexBlockEntriesMax);
  static constexpr int kEntries = 3 * kBlock + 100;
  static std::string PathOf(int i) { return absl::StrCat("t/", 1'000'000 + i); }

  ContainerBuilder builder_;
  const std::string big_;
  ScratchDirectory target_;
};

TEST_F(SeveralBlocksTest, ANameNeedsItsBlockAndTheOneBehindIt) {
  const auto summary = Restore({.patterns = {PathOf(kBlock + 3)}}, {1, 2});
  ASSERT_TRUE(Whole(summary));
  EXPECT_EQ(summary->members, 1u);
  EXPECT_EQ(ReadFile(target_ / ("out/" + PathOf(kBlock + 3))), PathOf(kBlock + 3));
  EXPECT_TRUE(absl::IsDataLoss(Restore({.patterns = {PathOf(kBlock + 3)}}, {2, 3}).status()));
  EXPECT_TRUE(absl::IsDataLoss(Restore({.patterns = {"1*"}}, {1, 2}).status()));
}

TEST_F(SeveralBlocksTest, TheLastMemberOfABlockIsRestoredInSlices) {
  ASSERT_TRUE(Whole(Restore({.patterns = {PathOf(kBlock - 1)}}, {0, 1})));
  EXPECT_TRUE(ReadFile(target_ / ("out/" + PathOf(kBlock - 1))) == big_);
}

TEST_F(SeveralBlocksTest, StretchesApartFromEachOther) {
  const auto summary =
      Restore({.patterns = {PathOf(5), PathOf(kBlock - 1), PathOf(kEntries - 1)}}, {0, 1, 3});
  ASSERT_TRUE(Whole(summary));
  EXPECT_EQ(summary->members, 3u);
  EXPECT_EQ(ReadFile(target_ / ("out/" + PathOf(5))), PathOf(5));
  EXPECT_EQ(ReadFile(target_ / ("out/" + PathOf(kEntries - 1))), PathOf(kEntries - 1));
}

TEST_F(SeveralBlocksTest, ALinkFindsItsCarrierInABlockOfItsOwn) {
  const std::string link = PathOf(2 * kBlock + 7);
  ASSERT_TRUE(Whole(Restore({.patterns = {link}}, {0, 2, 3})));
  EXPECT_EQ(ReadFile(target_ / ("out/" + link)), PathOf(1));
}

TEST_F(SeveralBlocksTest, ARootNeedsTheBlocksBelowIt) {
  builder_.Run().Add(DirectoryMember("u")).AddFile("u/f", "f");
  RestoreOptions options;
  options.root = "u";
  std::string bytes = builder_.Build();
  ScratchDirectory scratch;
  const auto container = OpenBytes(bytes, scratch / "c");
  ASSERT_EQ(container->root().blocks.size(), 5u);
  // The last block of the other run might hold it, as far as its first path tells.
  for (size_t block = 0; block < 3; ++block) bytes[container->IndexBlockOffset(block) + 40] ^= 1;
  ASSERT_TRUE(Whole(RestoreBytes(bytes, target_ / "out", options)));
  EXPECT_EQ(ReadFile(target_ / "out/f"), "f");
}

TEST(RestoreTest, APatternThatMatchesNothingIsNamedBeforeAnythingIsWritten) {
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  ScratchDirectory target;
  const auto summary =
      RestoreBytes(builder.Build(), target / "out", {.patterns = {"a", "nothing*"}});
  EXPECT_TRUE(absl::IsNotFound(summary.status()));
  EXPECT_THAT(std::string(summary.status().message()), HasSubstr("nothing*"));
  EXPECT_FALSE(Exists(target / "out"));
}

// Closed in its frame, shared by frames, with a hard link below it: each is finished elsewhere, and
// what is made in a directory must not come after its time was set.
TEST(RestoreTest, DirectoriesOfEveryKindKeepTheirModesAndTimes) {
  ContainerBuilder builder;
  std::vector<std::string> paths;
  const auto add = [&](const std::string& path, uint32_t mode) {
    Member directory = DirectoryMember(path, mode);
    directory.mtime = {1000 + static_cast<int64_t>(paths.size()), 5};
    directory.xattrs = {{"user.path", path}};
    builder.Add(directory);
    paths.push_back(path);
  };
  add("t", 0750);
  add("t/a", 0705);
  add("t/a/closed", 0500);
  add("t/a/closed/deep", 0711);
  builder.AddFile("t/a/closed/deep/f", "content").AddFile("t/a/g", "g");
  add("t/b", 0755);
  add("t/b/first", 0700);
  builder.AddFile("t/b/first/f", "1").EndFrame().AddFile("t/b/first/g", "2");
  add("t/b/second", 0555);
  builder.AddFile("t/b/second/f", "3").EndFrame();
  add("t/links", 0755);
  add("t/links/below", 0555);
  builder.Add(HardLinkMember("t/links/below/l", "t/a/g"));
  add("t/z", 0555);
  builder.AddFile("t/z/f", "4");
  const std::string bytes = builder.Build();
  for (const int threads : {1, 4}) {
    ScratchDirectory target;
    RestoreOptions options;
    options.threads = threads;
    const auto summary = RestoreBytes(bytes, target / "out", options);
    ASSERT_OK(summary);
    EXPECT_EQ(Problems(*summary), "");
    EXPECT_EQ(summary->members, builder.entries().size());
    for (size_t i = 0; i < paths.size(); ++i) {
      const std::string path = target / "out/" + paths[i];
      EXPECT_EQ(Lstat(path).st_mtim.tv_sec, 1000 + static_cast<int64_t>(i)) << path;
      EXPECT_EQ(Xattr(path, "user.path"), paths[i]);
    }
    EXPECT_EQ(Lstat(target / "out/t/a/closed").st_mode, S_IFDIR | 0500u);
    EXPECT_EQ(Lstat(target / "out/t/b/second").st_mode, S_IFDIR | 0555u);
    EXPECT_EQ(Lstat(target / "out/t/links/below").st_mode, S_IFDIR | 0555u);
    EXPECT_EQ(ReadFile(target / "out/t/a/closed/deep/f"), "content");
    EXPECT_EQ(Lstat(target / "out/t/a/g").st_nlink, 2u);
  }
}

TEST(RestoreTest, LinksWithoutTheirCarrierShareAStandIn) {
  const std::string big = Noise(3 << 20);
  ContainerBuilder builder;
  builder.Add(DirectoryMember("a")).AddFile("a/x", "content");
  builder.AddSliced(RegularMember("a/y", big.size()), big, std::vector<size_t>(3, 1 << 20));
  builder.Add(DirectoryMember("b")).Add(HardLinkMember("b/x1", "a/x"));
  builder.Add(HardLinkMember("b/x2", "a/x")).Add(HardLinkMember("b/y", "a/y"));
  ScratchDirectory target;
  const auto summary = RestoreBytes(builder.Build(), target.path(), {.patterns = {"b"}});
  ASSERT_OK(summary);
  EXPECT_EQ(Problems(*summary), "");
  EXPECT_FALSE(Exists(target / "a"));
  EXPECT_EQ(ReadFile(target / "b/x1"), "content");
  EXPECT_EQ(Lstat(target / "b/x1").st_ino, Lstat(target / "b/x2").st_ino);
  EXPECT_TRUE(ReadFile(target / "b/y") == big);
}

TEST(RestoreTest, SymbolicLinksAndPipesHaveSeveralNamesToo) {
  Member fifo = RegularMember("a/p", 0);
  fifo.type = MemberType::kFifo;
  ContainerBuilder builder;
  builder.Add(DirectoryMember("a")).Add(fifo).Add(SymlinkMember("a/s", "/nowhere"));
  builder.Add(HardLinkMember("b", "a/p")).Add(HardLinkMember("c", "a/s"));
  for (const bool carriers : {true, false}) {
    ScratchDirectory target;
    const std::vector<std::string> patterns =
        carriers ? std::vector<std::string>() : std::vector<std::string>{"b", "c"};
    const auto summary = RestoreBytes(builder.Build(), target.path(), {.patterns = patterns});
    ASSERT_OK(summary);
    EXPECT_EQ(Problems(*summary), "");
    EXPECT_EQ(Link(target / "c"), "/nowhere");
    EXPECT_TRUE(S_ISFIFO(Lstat(target / "b").st_mode));
    EXPECT_EQ(Lstat(target / "c").st_nlink, carriers ? 2u : 1u);
    EXPECT_EQ(Exists(target / "a"), carriers);
  }
}

TEST(RestoreTest, NothingIsOverwrittenUnlessForced) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d", 0700)).AddFile("d/a", "new a");
  builder.AddFile("d/b", "new b").Add(HardLinkMember("d/l", "d/a")).Add(SymlinkMember("d/s", "a"));
  const std::string bytes = builder.Build();
  ScratchDirectory target;
  ASSERT_EQ(mkdir((target / "d").c_str(), 0755), 0);
  WriteFile(target / "d/a", "old");
  WriteFile(target / "d/s", "old");
  const auto inode = Lstat(target / "d/a").st_ino;

  auto summary = RestoreBytes(bytes, target.path());
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kExists), 2u) << Problems(*summary);
  EXPECT_THAT(Problems(*summary), HasSubstr("d/a: exists and was kept; --force replaces it"));
  EXPECT_EQ(ReadFile(target / "d/a"), "old");
  EXPECT_EQ(ReadFile(target / "d/b"), "new b");
  EXPECT_EQ(ReadFile(target / "d/s"), "old");
  // The link is to what the container holds, not to what happens to lie under its carrier's name.
  EXPECT_EQ(ReadFile(target / "d/l"), "new a");
  EXPECT_EQ(Lstat(target / "d").st_mode & 07777, 0755u);

  summary = RestoreBytes(bytes, target.path(), {.replace = true});
  ASSERT_OK(summary);
  EXPECT_EQ(Problems(*summary), "");
  EXPECT_EQ(ReadFile(target / "d/a"), "new a");
  EXPECT_NE(Lstat(target / "d/a").st_ino, inode);  // replaced, not written into
  EXPECT_EQ(Lstat(target / "d/a").st_ino, Lstat(target / "d/l").st_ino);
  EXPECT_EQ(Link(target / "d/s"), "a");
  EXPECT_EQ(Lstat(target / "d").st_mode & 07777, 0700u);
  for (const auto& entry : std::filesystem::directory_iterator(target / "d")) {
    EXPECT_EQ(entry.path().string().find(".ingot-"), std::string::npos) << entry.path();
  }
}

TEST(RestoreTest, DirectoriesAndFilesDoNotReplaceEachOther) {
  ContainerBuilder builder;
  builder.AddFile("a", "file").Add(DirectoryMember("b")).AddFile("b/c", "x");
  ScratchDirectory target;
  ASSERT_EQ(mkdir((target / "a").c_str(), 0755), 0);
  WriteFile(target / "b", "in the way");
  auto summary = RestoreBytes(builder.Build(), target.path());
  ASSERT_OK(summary);
  EXPECT_EQ(summary->problems.size(), 3u) << Problems(*summary);
  EXPECT_EQ(ReadFile(target / "b"), "in the way");
  summary = RestoreBytes(builder.Build(), target.path(), {.replace = true});
  ASSERT_OK(summary);
  EXPECT_EQ(summary->problems.size(), 1u) << Problems(*summary);  // a directory is never removed
  EXPECT_EQ(ReadFile(target / "b/c"), "x");
}

TEST(RestoreTest, UnsafePathsAreRefusedBeforeAnythingIsWritten) {
  for (const char* path : {"../evil", "/evil", "good/../../evil", "a//b"}) {
    ContainerBuilder builder;
    builder.AddFile("first", "1").Run().AddFile(path, "evil");
    ScratchDirectory target;
    const auto summary = RestoreBytes(builder.Build(), target / "out");
    EXPECT_TRUE(absl::IsDataLoss(summary.status())) << path;
    EXPECT_FALSE(Exists(target / "out"));
    EXPECT_FALSE(Exists(target / "evil"));
  }
}

TEST(RestoreTest, APlantedLinkLeadsNowhere) {
  ScratchDirectory target;
  ASSERT_EQ(mkdir((target / "outside").c_str(), 0755), 0);
  // In one run the index alone tells; across runs only the kernel can.
  for (const bool other_run : {false, true}) {
    for (const bool replace : {false, true}) {
      ContainerBuilder builder;
      builder.Add(SymlinkMember("a", target / "outside")).EndFrame();
      if (other_run) builder.Run().AddFile("0", "").Run();
      builder.AddFile("a/evil", "evil").Add(DirectoryMember("a/sub"));
      const std::string out = absl::StrCat(target / "out", other_run, replace);
      const auto summary = RestoreBytes(builder.Build(), out, {.replace = replace});
      if (!other_run) {
        EXPECT_TRUE(absl::IsDataLoss(summary.status()));
        EXPECT_FALSE(Exists(out));
      }
      EXPECT_TRUE(std::filesystem::is_empty(target / "outside"));
    }
  }
}

TEST(RestoreTest, LinksThatLayThereBeforeLeadNowhere) {
  ScratchDirectory target;
  ASSERT_EQ(mkdir((target / "outside").c_str(), 0755), 0);
  ASSERT_EQ(mkdir((target / "out").c_str(), 0755), 0);
  ASSERT_EQ(symlink("../outside", (target / "out/d").c_str()), 0);
  ASSERT_EQ(symlink("../outside/new", (target / "out/f").c_str()), 0);
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d")).AddFile("d/x", "1").AddFile("f", "2");
  const auto summary = RestoreBytes(builder.Build(), target / "out");
  ASSERT_OK(summary);
  EXPECT_EQ(summary->problems.size(), 3u) << Problems(*summary);
  EXPECT_TRUE(std::filesystem::is_empty(target / "outside"));
}

TEST(RestoreTest, HardLinksReachNothingOutside) {
  ScratchDirectory target;
  WriteFile(target / "secret", "secret");
  ContainerBuilder up;
  up.Add(HardLinkMember("l", "../secret"));
  EXPECT_TRUE(absl::IsDataLoss(RestoreBytes(up.Build(), target / "out").status()));
  // What lies in the target, but was never in the container, is no carrier either.
  WriteFile(target / "mine", "mine");
  ContainerBuilder foreign;
  foreign.Add(HardLinkMember("l", "mine"));
  const auto summary = RestoreBytes(foreign.Build(), target.path());
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 1u);
  EXPECT_FALSE(Exists(target / "l"));
}

TEST(RestoreTest, TheSamePathTwiceIsKeptOnce) {
  ContainerBuilder builder;
  builder.AddFile("a", "first").EndFrame().Run().AddFile("b", "x").Run().AddFile("a", "second");
  ScratchDirectory target;
  const auto summary = RestoreBytes(builder.Build(), target.path(), {.threads = 1});
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kExists), 1u);
  EXPECT_EQ(ReadFile(target / "a"), "first");
}

TEST(RestoreTest, DamageLeavesTheRest) {
  const std::string big = Noise(3 << 20);
  ContainerBuilder builder;
  builder.AddFile("a", "1").AddFile("b", "2").EndFrame();
  builder.AddSliced(RegularMember("big", big.size()), big, std::vector<size_t>(3, 1 << 20));
  builder.AddFile("c", "3").Add(HardLinkMember("d", "a"));
  std::string bytes = builder.Build();
  ScratchDirectory target;
  const auto container = OpenBytes(bytes, target / "c");
  bytes[container->frames()[0].offset + 30] ^= 1;  // a and b, and with a the link d
  bytes[container->frames()[2].offset + 30] ^= 1;  // the middle of big
  const auto summary = RestoreBytes(bytes, target / "out");
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 4u) << Problems(*summary);
  EXPECT_EQ(ReadFile(target / "out/c"), "3");
  for (const char* lost : {"a", "b", "big", "d"}) {
    EXPECT_FALSE(Exists(target / (absl::StrCat("out/", lost)))) << lost;
  }
}

TEST(RestoreTest, SlicesThatDoNotFollowEachOtherLeaveNoFile) {
  for (const uint64_t offset : {uint64_t{0}, 2 * kChunkBytes}) {
    const std::string big = Noise(3 << 20);
    ContainerBuilder builder;
    builder.change_label = [offset](uint64_t frame, FrameLabel* label) {
      if (frame == 1) label->member_offset = offset;
    };
    builder.AddSliced(RegularMember("big", big.size()), big, std::vector<size_t>(3, kChunkBytes));
    builder.AddFile("z", "last");
    ScratchDirectory target;
    const auto summary = RestoreBytes(builder.Build(), target / "out");
    ASSERT_OK(summary);
    EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 1u) << Problems(*summary);
    EXPECT_THAT(Problems(*summary), HasSubstr("does not follow the one before it"));
    EXPECT_FALSE(Exists(target / "out/big"));
    EXPECT_EQ(ReadFile(target / "out/z"), "last");
  }
}

TEST(RestoreTest, ADirectoryOfALostFrameIsMadeByTheIndex) {
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d", 0750)).AddFile("d/x", "1").AddFile("e", "2").EndFrame();
  builder.AddFile("z", "3");
  std::string bytes = builder.Build();
  ScratchDirectory target;
  bytes[OpenBytes(bytes, target / "c")->frames()[0].offset + 30] ^= 1;
  const auto summary = RestoreBytes(bytes, target / "out");
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 2u) << Problems(*summary);
  EXPECT_EQ(Lstat(target / "out/d").st_mode & 07777, 0750u);
  EXPECT_TRUE(std::filesystem::is_empty(target / "out/d"));
  EXPECT_EQ(ReadFile(target / "out/z"), "3");
}

// The content goes to the first of a file's names that can be made.
TEST(RestoreTest, ALinkStandsInForOneThatCouldNotBeMade) {
  ContainerBuilder builder;
  builder.AddFile("a", "content");
  for (const char* name : {"b", "c", "d", "e"}) builder.Add(HardLinkMember(name, "a"));
  ScratchDirectory target;
  std::filesystem::create_directory(target / "out");
  for (const char* name : {"b", "d"}) WriteFile(target / (absl::StrCat("out/", name)), "mine");
  RestoreOptions options;
  options.patterns = {"b", "c", "d", "e"};
  const auto summary = RestoreBytes(builder.Build(), target / "out", options);
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kExists), 2u) << Problems(*summary);
  EXPECT_FALSE(Exists(target / "out/a"));
  for (const char* name : {"b", "d"}) {
    EXPECT_EQ(ReadFile(target / (absl::StrCat("out/", name))), "mine");
  }
  EXPECT_EQ(ReadFile(target / "out/c"), "content");
  EXPECT_EQ(Lstat(target / "out/c").st_ino, Lstat(target / "out/e").st_ino);
}

TEST(RestoreTest, AWrongDigestLeavesNoFile) {
  const std::string big = Noise(2 << 20);
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  builder.last().digest.bytes[0] ^= 1;
  builder.AddSliced(RegularMember("big", big.size()), big, {1 << 20, 1 << 20});
  builder.last().digest.bytes[0] ^= 1;
  ScratchDirectory target;
  const auto summary = RestoreBytes(builder.Build(), target / "out");
  ASSERT_OK(summary);
  EXPECT_EQ(summary->Count(RestoreProblemKind::kDamaged), 2u) << Problems(*summary);
  EXPECT_TRUE(std::filesystem::is_empty(target / "out"));
}

TEST(RestoreTest, InterruptionEndsIt) {
  ContainerBuilder builder;
  builder.AddFile("a", "1");
  ScratchDirectory target;
  io::SetInterrupted(true);
  const auto summary = RestoreBytes(builder.Build(), target / "out");
  io::SetInterrupted(false);
  EXPECT_TRUE(absl::IsCancelled(summary.status()));
}

TEST(RestoreTest, WithoutItsAclAFileIsOpenToNoMoreThanBefore) {
  if (!Root()) SKIP_OR_FAIL("needs root, for a file system without ACLs");
  Member file = RegularMember("f", 1);
  file.mode = 0660;  // of the group's bits only r is the owning group's
  file.xattrs = {{kAclAccessXattr, *AclFromText("user::rw-\nuser:1234:rw-\ngroup::r--\n"
                                                "mask::rw-\nother::---\n")}};
  const std::string bytes = ContainerBuilder().Add(file, "x").Build();
  ScratchDirectory target;
  ASSERT_TRUE(Whole(RestoreBytes(bytes, target / "with")));
  EXPECT_EQ(Lstat(target / "with/f").st_mode & 07777, 0660u);
  ASSERT_EQ(mkdir((target / "without").c_str(), 0755), 0);
  ASSERT_EQ(mount("none", (target / "without").c_str(), "ramfs", 0, nullptr), 0);
  const auto summary = RestoreBytes(bytes, target / "without");
  const struct stat restored = Lstat(target / "without/f");
  ASSERT_EQ(umount((target / "without").c_str()), 0);
  ASSERT_OK(summary);
  EXPECT_THAT(Problems(*summary), HasSubstr(kAclAccessXattr));
  EXPECT_EQ(restored.st_mode & 07777, 0640u);
}

TEST(RestoreTest, InheritedAclsAreNotKept) {
  ScratchDirectory target;
  if (Shell("setfacl -d -m u:daemon:rwx " + target.path()).exit_code != 0) {
    SKIP_OR_FAIL("needs setfacl and a file system with ACLs");
  }
  ContainerBuilder builder;
  builder.Add(DirectoryMember("d")).AddFile("d/f", "1");
  ASSERT_TRUE(Whole(RestoreBytes(builder.Build(), target.path())));
  EXPECT_EQ(Xattr(target / "d", "system.posix_acl_default"), "none");
  EXPECT_EQ(Xattr(target / "d/f", "system.posix_acl_access"), "none");
  EXPECT_EQ(Lstat(target / "d/f").st_mode & 07777, 0644u);
}

TEST(RestoreTest, WhoIsNotRootKeepsItsOwnAndDropsSetId) {
  if (!Root()) SKIP_OR_FAIL("needs root to become another user");
  Member theirs = RegularMember("d/theirs", 1);
  theirs.mode = 06755;
  theirs.uid = 1234;
  theirs.gid = 1234;
  theirs.xattrs = {{"trusted.a", "x"}, {"user.b", "y"}};
  Member ours = RegularMember("d/ours", 1);
  ours.mode = 06755;
  ours.uid = kNobody;
  ours.gid = kNobody;
  Member device = RegularMember("d/device", 0);
  device.type = MemberType::kCharacterDevice;  // 0, 0 would be allowed to all
  device.device_major = 1;
  device.device_minor = 3;
  ContainerBuilder builder;
  // A directory that nobody can write to, not even its owner, once it is done.
  builder.Add(DirectoryMember("d", 0555)).Add(device).Add(ours, "1").Add(theirs, "2");
  ScratchDirectory target;
  ASSERT_EQ(chmod(target.path().c_str(), 0777), 0);
  const auto container = OpenBytes(builder.Build(), target / "c");
  const std::string out = target / "out";
  EXPECT_TRUE(AsNobody([&] {
    RestoreProgress progress;
    const auto summary = Restore(*container, {.directory = out, .threads = 2}, &progress);
    return summary.ok() && summary->problems.size() == 1 &&
           summary->problems[0].path == "d/device" &&
           summary->problems[0].kind == RestoreProblemKind::kFailed &&
           summary->privileged_attributes == 1;
  }));
  EXPECT_EQ(Lstat(out + "/d").st_mode & 07777, 0555u);
  EXPECT_EQ(Lstat(out + "/d/theirs").st_mode & 07777, 0755u);
  EXPECT_EQ(Lstat(out + "/d/theirs").st_uid, kNobody);
  EXPECT_EQ(Lstat(out + "/d/ours").st_mode & 07777, 06755u);
  EXPECT_EQ(Xattr(out + "/d/theirs", "user.b"), "y");
}

}  // namespace
}  // namespace ingot
