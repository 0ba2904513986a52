#include "core/create/walk.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "core/format/index.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;

class WalkTest : public testing::Test {
 protected:
  std::vector<std::string> Paths(const WalkOptions& options = {}) {
    std::vector<std::string> paths;
    absl::StatusOr<std::unique_ptr<Walk>> walk =
        Walk::Begin({.source_path = scratch_.path(), .member_path = "root"}, options, &findings_,
                    &clock_, &timer_);
    EXPECT_OK(walk);
    while (std::optional<Entry> entry = (*walk)->Next()) paths.push_back(entry->member_path);
    return paths;
  }
  void Directory(const std::string& name) { std::filesystem::create_directories(scratch_ / name); }
  void File(const std::string& name) { WriteFile(scratch_ / name, name); }
  static size_t CountOpenFiles() {
    const std::filesystem::directory_iterator open("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(open), end(open)));
  }

  ScratchDirectory scratch_;
  Findings findings_;
  StageClock clock_;
  StageClock consumer_;
  StageTimer timer_{&consumer_};
};

TEST_F(WalkTest, PreOrderWithNamesInByteOrder) {
  Directory("a");
  Directory("a-b");
  File("a/z");
  File("a-b/y");
  File("B");
  File("\xff");
  EXPECT_THAT(Paths(), ElementsAre("root", "root/B", "root/a", "root/a/z", "root/a-b", "root/a-b/y",
                                   "root/\xff"));
}

TEST_F(WalkTest, TheOrderDoesNotDependOnThreads) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const std::string directory =
        absl::StrCat(random() % 10, "/", random() % 10, "/", random() % 5);
    Directory(directory);
    File(absl::StrCat(directory, "/", random() % 1000));
  }
  const std::vector<std::string> serial = Paths({.threads = 0});
  EXPECT_GT(serial.size(), 2000u);
  for (size_t i = 1; i < serial.size(); ++i) EXPECT_LT(ComparePaths(serial[i - 1], serial[i]), 0);
  EXPECT_EQ(Paths({.threads = 8}), serial);
  EXPECT_EQ(Paths({.threads = 3, .directories_ahead = 1}), serial);
}

TEST_F(WalkTest, ALargeDirectoryComesInWindows) {
  for (int i = 0; i < 5000; ++i) File(absl::StrCat("f", i));
  EXPECT_EQ(Paths({.threads = 4}).size(), 5001u);
  const GlobSet excludes({"f1*", "f2*"});
  EXPECT_EQ(Paths({.excludes = &excludes}).size(), 5001u - 2 * 1111u);
}

TEST_F(WalkTest, ExcludedDirectoriesAreNotEntered) {
  Directory("keep");
  Directory("drop/below");
  File("drop/below/x");
  File("keep/x");
  const GlobSet excludes({"drop"});
  EXPECT_THAT(Paths({.excludes = &excludes}), ElementsAre("root", "root/keep", "root/keep/x"));
}

TEST_F(WalkTest, SocketsAreSkippedAndCounted) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = scratch_ / "socket";
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_THAT(Paths(), ElementsAre("root"));
  EXPECT_EQ(findings_.Count(FindingKind::kSocket), 1u);
  EXPECT_EQ(findings_.CountSerious(), 0u);
  close(fd);
}

TEST_F(WalkTest, ASocketAsRootIsAnError) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = scratch_ / "socket";
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(
      Walk::Begin({.source_path = path, .member_path = "s"}, {}, &findings_, &clock_, &timer_)
          .status()));
  close(fd);
}

TEST_F(WalkTest, TheContainerItselfIsLeftOut) {
  File("a");
  File("container");
  struct stat stat;
  ASSERT_EQ(::stat((scratch_ / "container").c_str(), &stat), 0);
  EXPECT_THAT(Paths({.leave_out = {stat.st_dev, stat.st_ino}}), ElementsAre("root", "root/a"));
}

TEST_F(WalkTest, ALinkAsRootIsFollowedOnlyWhenAsked) {
  Directory("real");
  File("real/x");
  std::filesystem::create_symlink("real", scratch_ / "link");
  for (const bool follow : {false, true}) {
    absl::StatusOr<std::unique_ptr<Walk>> walk = Walk::Begin(
        {.source_path = scratch_ / "link", .member_path = "store", .follow_symlink = follow}, {},
        &findings_, &clock_, &timer_);
    ASSERT_OK(walk);
    const std::optional<Entry> root = (*walk)->Next();
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->stat.IsDirectory(), follow);
    const std::optional<Entry> child = (*walk)->Next();
    EXPECT_EQ(child.has_value(), follow);
    if (follow) {
      EXPECT_EQ(child->member_path, "store/x");
    }
  }
}

TEST_F(WalkTest, AMissingRootIsAnError) {
  EXPECT_TRUE(absl::IsNotFound(Walk::Begin({.source_path = scratch_ / "no", .member_path = "no"},
                                           {}, &findings_, &clock_, &timer_)
                                   .status()));
}

TEST_F(WalkTest, ADirectoryThatChangedSinceItWasListedIsWhatItIsNow) {
  File("a");
  for (const char* name : {"gone", "now a file", "now a link", "still"}) Directory(name);
  File("now a link/x");
  File("still/x");
  absl::StatusOr<std::unique_ptr<Walk>> walk =
      Walk::Begin({.source_path = scratch_.path(), .member_path = "root"}, {.threads = 0},
                  &findings_, &clock_, &timer_);
  ASSERT_OK(walk);
  ASSERT_EQ((*walk)->Next()->member_path, "root");
  ASSERT_EQ((*walk)->Next()->member_path, "root/a");  // so all of root has been listed
  std::filesystem::remove(scratch_ / "gone");
  std::filesystem::remove(scratch_ / "now a file");
  File("now a file");
  std::filesystem::rename(scratch_ / "now a link", scratch_ / "moved");
  std::filesystem::create_symlink("moved", scratch_ / "now a link");

  const std::optional<Entry> file = (*walk)->Next();
  EXPECT_EQ(file->member_path, "root/now a file");
  EXPECT_TRUE(S_ISREG(file->stat.mode));
  EXPECT_EQ(file->self, nullptr);
  const std::optional<Entry> link = (*walk)->Next();
  EXPECT_EQ(link->member_path, "root/now a link");
  EXPECT_TRUE(S_ISLNK(link->stat.mode));
  EXPECT_EQ((*walk)->Next()->member_path, "root/still");  // nothing of what the link leads to
  EXPECT_EQ((*walk)->Next()->member_path, "root/still/x");
  EXPECT_FALSE((*walk)->Next().has_value());
  EXPECT_EQ(findings_.Count(FindingKind::kVanished), 1u);
  EXPECT_EQ(findings_.CountSerious(), 1u);
}

// What the threads ahead have no room for the consumer reads itself; nothing of it stays open.
TEST_F(WalkTest, DirectoriesThatWereYieldedAreClosed) {
  for (int i = 0; i < 200; ++i) {
    Directory(absl::StrCat(i));
    File(absl::StrCat(i, "/x"));
  }
  const size_t before = CountOpenFiles();
  for (const int threads : {0, 4}) {
    absl::StatusOr<std::unique_ptr<Walk>> walk =
        Walk::Begin({.source_path = scratch_.path(), .member_path = "root"},
                    {.threads = threads, .directories_ahead = 0}, &findings_, &clock_, &timer_);
    ASSERT_OK(walk);
    size_t entries = 0;
    size_t open_max = 0;
    while ((*walk)->Next().has_value()) {
      ++entries;
      open_max = std::max(open_max, CountOpenFiles() - before);
    }
    EXPECT_EQ(entries, 401u);
    EXPECT_LT(open_max, 8u);
  }
}

TEST_F(WalkTest, AnUnfinishedWalkEnds) {
  for (int i = 0; i < 200; ++i) Directory(absl::StrCat(i, "/", i));
  absl::StatusOr<std::unique_ptr<Walk>> walk =
      Walk::Begin({.source_path = scratch_.path(), .member_path = "r"}, {.threads = 4}, &findings_,
                  &clock_, &timer_);
  ASSERT_OK(walk);
  (*walk)->Next();
}

}  // namespace
}  // namespace ingot
