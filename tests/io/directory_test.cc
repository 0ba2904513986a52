#include "io/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "tests/testing.h"

namespace ingot::io {
namespace {

std::vector<std::string> Names(const DirectoryNames& names) {
  std::vector<std::string> result;
  for (size_t i = 0; i < names.size(); ++i) result.emplace_back(names[i]);
  return result;
}

TEST(DirectoryTest, NamesAreAnyBytes) {
  ScratchDirectory scratch;
  const std::set<std::string> expected = {"plain", "new\nline", "latin\xE9", "\xFF\xFE",
                                          " ",     "...",       "..x",       std::string(255, 'n')};
  for (const std::string& name : expected) WriteFile(scratch / name, "");
  const absl::StatusOr<Fd> directory = OpenDirectory(AT_FDCWD, scratch.path(), false);
  ASSERT_OK(directory);
  absl::StatusOr<DirectoryNames> names = ReadDirectory(directory->get());
  ASSERT_OK(names);
  names->SortByName();
  EXPECT_EQ(Names(*names), std::vector<std::string>(expected.begin(), expected.end()));
  EXPECT_EQ((*names)[0].data()[1], '\0');  // " ", the first in byte order
}

TEST(DirectoryTest, SortsByUnsignedBytesAndKeepsTypes) {
  DirectoryNames names;
  names.Add("\xC3\xA4", DT_DIR);
  names.Add("b", DT_LNK);
  names.Add("a", DT_REG);
  names.Add("aa", DT_FIFO);
  names.SortByName();
  EXPECT_EQ(Names(names), (std::vector<std::string>{"a", "aa", "b", "\xC3\xA4"}));
  EXPECT_EQ(names.type(0), DT_REG);
  EXPECT_EQ(names.type(1), DT_FIFO);
  EXPECT_EQ(names.type(2), DT_LNK);
  EXPECT_EQ(names.type(3), DT_DIR);
}

// Past the first chunks, with names that differ early, late and not at all in length.
TEST(DirectoryTest, SortsManyAsTheyCompare) {
  for (const std::string& prefix : {std::string(), std::string("all begin like this ")}) {
    DirectoryNames names;
    std::vector<std::string> expected;
    uint32_t random = 1;
    for (int i = 0; i < 50'000; ++i) {
      random = random * 1664525 + 1013904223;
      std::string name = prefix + std::to_string(random >> (random >> 28));
      if (i % 3 == 0) name += "\xFF" + std::string(i % 200, 'x');
      expected.push_back(name);
      names.Add(name, static_cast<uint8_t>(name.size() % 16));
    }
    names.SortByName();
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(Names(names), expected);
    for (size_t i = 0; i < names.size(); ++i) ASSERT_EQ(names.type(i), expected[i].size() % 16);
  }
}

TEST(DirectoryTest, TypesAreWhatTheKernelTells) {
  ScratchDirectory scratch;
  ASSERT_EQ(mkdir((scratch / "directory").c_str(), 0700), 0);
  ASSERT_EQ(mkfifo((scratch / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(symlink("x", (scratch / "link").c_str()), 0);
  const absl::StatusOr<Fd> directory = OpenDirectory(AT_FDCWD, scratch.path(), false);
  ASSERT_OK(directory);
  absl::StatusOr<DirectoryNames> names = ReadDirectory(directory->get());
  ASSERT_OK(names);
  names->SortByName();
  ASSERT_EQ(names->size(), 3u);
  const uint8_t expected[] = {DT_DIR, DT_FIFO, DT_LNK};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(names->type(i), testing::AnyOf(expected[i], DT_UNKNOWN)) << (*names)[i];
  }
}

TEST(DirectoryTest, TenThousandEntries) {
  ScratchDirectory scratch;
  std::vector<std::string> expected;
  const absl::StatusOr<Fd> directory = OpenDirectory(AT_FDCWD, scratch.path(), false);
  ASSERT_OK(directory);
  for (int i = 0; i < 10'000; ++i) {
    expected.push_back("a file with a name of some length, number " + std::to_string(i));
    ASSERT_EQ(mknodat(directory->get(), expected.back().c_str(), S_IFREG | 0600, 0), 0);
  }
  std::sort(expected.begin(), expected.end());
  absl::StatusOr<DirectoryNames> names = ReadDirectory(directory->get());
  ASSERT_OK(names);
  names->SortByName();
  EXPECT_EQ(Names(*names), expected);
}

TEST(DirectoryTest, LinksOnlyWhenFollowed) {
  ScratchDirectory scratch;
  ASSERT_EQ(symlink("/tmp", (scratch / "link").c_str()), 0);
  EXPECT_OK(OpenDirectory(AT_FDCWD, scratch / "link", true));
  const absl::StatusOr<Fd> refused = OpenDirectory(AT_FDCWD, scratch / "link", false);
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.status().message()), testing::HasSubstr(scratch / "link"));
}

TEST(DirectoryTest, FilesAndMissingOnesAreErrors) {
  ScratchDirectory scratch;
  WriteFile(scratch / "file", "");
  const absl::StatusOr<Fd> directory = OpenDirectory(AT_FDCWD, scratch.path(), false);
  ASSERT_OK(directory);
  EXPECT_FALSE(OpenDirectory(directory->get(), "file", false).ok());
  EXPECT_TRUE(absl::IsNotFound(OpenDirectory(directory->get(), "missing", false).status()));
}

TEST(DirectoryTest, RemovedWhileOpenIsNotFound) {
  ScratchDirectory scratch;
  ASSERT_EQ(mkdir((scratch / "gone").c_str(), 0700), 0);
  const absl::StatusOr<Fd> directory = OpenDirectory(AT_FDCWD, scratch / "gone", false);
  ASSERT_OK(directory);
  ASSERT_EQ(rmdir((scratch / "gone").c_str()), 0);
  const absl::Status removed = ReadDirectory(directory->get()).status();
  EXPECT_TRUE(absl::IsNotFound(removed));
  EXPECT_EQ(removed.message(), "list directory: No such file or directory");
}

}  // namespace
}  // namespace ingot::io
