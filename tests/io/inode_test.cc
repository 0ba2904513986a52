#include "io/inode.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "io/fd.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

Fd OpenForReading(const std::string& path) { return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

TEST(ReadLinkTest, AnyLengthAndBytes) {
  ScratchDirectory scratch;
  const std::string texts[] = {"x", "new\nline \xFF", std::string(511, 'a'), std::string(512, 'b'),
                               std::string(4000, 'c')};
  for (const std::string& text : texts) {
    ASSERT_EQ(symlink(text.c_str(), (scratch / "link").c_str()), 0);
    const absl::StatusOr<std::string> got = ReadLinkAt(AT_FDCWD, scratch / "link");
    ASSERT_OK(got);
    EXPECT_EQ(*got, text);
    ASSERT_EQ(unlink((scratch / "link").c_str()), 0);
  }
  EXPECT_TRUE(absl::IsNotFound(ReadLinkAt(AT_FDCWD, scratch / "link").status()));
}

class ExtendedAttributesTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = scratch_ / "file";
    WriteFile(path_, "content");
    if (setxattr(path_.c_str(), "user.probe", "", 0, 0) != 0 && errno == EOPNOTSUPP) {
      SKIP_OR_FAIL("the scratch directory has no extended attributes");
    }
    ASSERT_EQ(removexattr(path_.c_str(), "user.probe"), 0);
  }
  void Set(const std::string& name, const std::string& value) {
    ASSERT_EQ(setxattr(path_.c_str(), name.c_str(), value.data(), value.size(), 0), 0)
        << name << ": " << strerror(errno);
  }

  ScratchDirectory scratch_;
  std::string path_;
};

TEST_F(ExtendedAttributesTest, SortedWithAnyValue) {
  EXPECT_TRUE(ReadExtendedAttributes(OpenForReading(path_).get())->empty());
  Set("user.zebra", std::string("a\0b\nc", 5));
  Set("user.empty", "");
  Set("user.large", std::string(1500, '\xFE'));
  const std::vector<ExtendedAttribute> expected = {{"user.empty", ""},
                                                   {"user.large", std::string(1500, '\xFE')},
                                                   {"user.zebra", std::string("a\0b\nc", 5)}};
  const absl::StatusOr<std::vector<ExtendedAttribute>> by_fd =
      ReadExtendedAttributes(OpenForReading(path_).get());
  ASSERT_OK(by_fd);
  EXPECT_EQ(*by_fd, expected);
  const Fd directory = OpenForReading(scratch_.path());
  const absl::StatusOr<std::vector<ExtendedAttribute>> by_name =
      ReadExtendedAttributesAt(directory.get(), "file");
  ASSERT_OK(by_name);
  EXPECT_EQ(*by_name, expected);
  EXPECT_EQ(*ReadExtendedAttributesAt(AT_FDCWD, path_), expected);
}

TEST_F(ExtendedAttributesTest, MoreNamesThanTheFirstBufferHolds) {
  std::vector<ExtendedAttribute> expected;
  for (int i = 10; i < 40; ++i) {
    expected.push_back({"user." + std::string(50, 'n') + std::to_string(i), std::to_string(i)});
    Set(expected.back().name, expected.back().value);
  }
  EXPECT_EQ(*ReadExtendedAttributes(OpenForReading(path_).get()), expected);
}

TEST_F(ExtendedAttributesTest, AccessControlListInItsBinaryForm) {
  const std::string acl(
      "\2\0\0\0"
      "\1\0\6\0\xFF\xFF\xFF\xFF"  // owner rw-
      "\2\0\4\0\xD2\4\0\0"        // user 1234 r--
      "\4\0\4\0\xFF\xFF\xFF\xFF"  // group r--
      "\x10\0\4\0\xFF\xFF\xFF\xFF"
      "\x20\0\0\0\xFF\xFF\xFF\xFF",
      4 + 5 * 8);
  if (setxattr(path_.c_str(), "system.posix_acl_access", acl.data(), acl.size(), 0) != 0) {
    SKIP_OR_FAIL("the scratch directory has no POSIX ACLs");
  }
  const std::vector<ExtendedAttribute> expected = {{"system.posix_acl_access", acl}};
  EXPECT_EQ(*ReadExtendedAttributes(OpenForReading(path_).get()), expected);
}

TEST_F(ExtendedAttributesTest, OfASymbolicLinkItself) {
  if (geteuid() != 0) SKIP_OR_FAIL("trusted attributes are root's");
  Set("user.target", "not this");
  const std::string link = scratch_ / "link";
  ASSERT_EQ(symlink("file", link.c_str()), 0);
  ASSERT_EQ(lsetxattr(link.c_str(), "trusted.note", "of the link", 11, 0), 0);
  const Fd directory = OpenForReading(scratch_.path());
  const std::vector<ExtendedAttribute> expected = {{"trusted.note", "of the link"}};
  EXPECT_EQ(*ReadExtendedAttributesAt(directory.get(), "link"), expected);
}

TEST_F(ExtendedAttributesTest, FileSystemWithoutThemAndMissingFiles) {
  const absl::StatusOr<std::vector<ExtendedAttribute>> none =
      ReadExtendedAttributes(OpenForReading("/proc/version").get());
  ASSERT_OK(none);
  EXPECT_TRUE(none->empty());
  const absl::Status missing = ReadExtendedAttributesAt(AT_FDCWD, scratch_ / "missing").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), testing::HasSubstr(scratch_ / "missing"));
}

constexpr uint64_t kBlock = 4096;

class DataExtentsTest : public testing::Test {
 protected:
  void SetUp() override {
    file_ = Fd(open((scratch_ / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    ASSERT_TRUE(file_.valid());
  }
  void Put(uint64_t block, uint64_t blocks) {
    const std::string data(blocks * kBlock, 'd');
    ASSERT_EQ(pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(block * kBlock)),
              static_cast<ssize_t>(data.size()));
  }
  void Truncate(uint64_t size) { ASSERT_EQ(ftruncate(file_.get(), static_cast<off_t>(size)), 0); }

  ScratchDirectory scratch_;
  Fd file_;
};

TEST_F(DataExtentsTest, HolesInTheMiddleAndAtTheEnd) {
  Put(0, 1);
  Put(128, 2);
  Truncate((1 << 20) + 100);
  const std::vector<Extent> expected = {{0, kBlock}, {128 * kBlock, 2 * kBlock}};
  EXPECT_EQ(*DataExtents(file_.get(), (1 << 20) + 100, 100), expected);
}

TEST_F(DataExtentsTest, HoleAtTheStartAndOddEnd) {
  Put(64, 1);
  ASSERT_EQ(pwrite(file_.get(), "tail", 4, 65 * kBlock), 4);
  const std::vector<Extent> expected = {{64 * kBlock, kBlock + 4}};
  EXPECT_EQ(*DataExtents(file_.get(), 65 * kBlock + 4, 100), expected);
}

TEST_F(DataExtentsTest, NothingButAHoleAndNoHole) {
  Truncate(1 << 20);
  EXPECT_TRUE(DataExtents(file_.get(), 1 << 20, 100)->empty());
  EXPECT_TRUE(DataExtents(file_.get(), 0, 100)->empty());
  Put(0, 3);
  Truncate(3 * kBlock);
  EXPECT_EQ(*DataExtents(file_.get(), 3 * kBlock, 100), (std::vector<Extent>{{0, 3 * kBlock}}));
}

TEST_F(DataExtentsTest, StaysWithinTheSizeAskedFor) {
  Put(0, 4);
  Put(8, 4);
  EXPECT_EQ(*DataExtents(file_.get(), 10, 100), (std::vector<Extent>{{0, 10}}));
  EXPECT_EQ(*DataExtents(file_.get(), 6 * kBlock, 100), (std::vector<Extent>{{0, 4 * kBlock}}));
  // A file that has shrunk: what is past its end counts as a hole.
  EXPECT_EQ(*DataExtents(file_.get(), 100 * kBlock, 100),
            (std::vector<Extent>{{0, 4 * kBlock}, {8 * kBlock, 4 * kBlock}}));
}

TEST_F(DataExtentsTest, SmallestGapsBecomeData) {
  Put(0, 1);
  Put(2, 1);   // gap of 1
  Put(10, 1);  // gap of 7
  Put(12, 1);  // gap of 1
  Put(16, 1);  // gap of 3
  const uint64_t size = 17 * kBlock;
  EXPECT_EQ(DataExtents(file_.get(), size, 5)->size(), 5u);
  EXPECT_EQ(
      *DataExtents(file_.get(), size, 3),
      (std::vector<Extent>{{0, 3 * kBlock}, {10 * kBlock, 3 * kBlock}, {16 * kBlock, kBlock}}));
  EXPECT_EQ(*DataExtents(file_.get(), size, 2),
            (std::vector<Extent>{{0, 3 * kBlock}, {10 * kBlock, 7 * kBlock}}));
  EXPECT_EQ(*DataExtents(file_.get(), size, 1), (std::vector<Extent>{{0, 17 * kBlock}}));
}

TEST_F(DataExtentsTest, ManyExtentsMergedAsIfAllWereKnown) {
  // Gaps of 1 .. 300 blocks, each once, shuffled; the largest must survive.
  std::vector<uint64_t> gaps;
  for (uint64_t gap = 1; gap <= 300; ++gap) gaps.push_back(gap);
  std::shuffle(gaps.begin(), gaps.end(), std::mt19937(7));
  std::vector<Extent> expected;
  constexpr size_t kExtentsMax = 9;
  uint64_t block = 0;
  Put(0, 1);
  expected.push_back({0, kBlock});
  for (const uint64_t gap : gaps) {
    block += 1 + gap;
    Put(block, 1);
    if (gap > 300 - (kExtentsMax - 1)) {
      expected.push_back({block * kBlock, kBlock});
    } else {
      expected.back().length = (block + 1) * kBlock - expected.back().offset;
    }
  }
  EXPECT_EQ(*DataExtents(file_.get(), (block + 1) * kBlock, kExtentsMax), expected);
}

TEST_F(DataExtentsTest, FileSystemThatCannotTell) {
  const Fd proc = OpenForReading("/proc/version");
  EXPECT_EQ(*DataExtents(proc.get(), 77, 10), (std::vector<Extent>{{0, 77}}));
}

}  // namespace
}  // namespace ingot::io
