#include "core/restore/closed_directories.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/testing.h"

namespace ingot {
namespace {

IndexEntry Entry(const std::string& path, MemberType type, uint64_t frame) {
  IndexEntry entry;
  entry.path = path;
  entry.type = type;
  entry.frame = frame;
  return entry;
}
IndexEntry Dir(const std::string& path, uint64_t frame) {
  return Entry(path, MemberType::kDirectory, frame);
}
IndexEntry File(const std::string& path, uint64_t frame) {
  return Entry(path, MemberType::kRegular, frame);
}

std::vector<std::string> ClosedOf(const std::vector<IndexEntry>& entries, bool as_root = true) {
  ClosedDirectories closed(as_root);
  std::vector<std::string> paths;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (closed.Take(*entry)) paths.push_back(entry->path);
  }
  std::reverse(paths.begin(), paths.end());
  return paths;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ClosedDirectoriesTest, WhatEndsWithinTheFrame) {
  EXPECT_THAT(ClosedOf({Dir("a", 0), Dir("a/b", 0), File("a/b/f", 0), Dir("a/c", 0),
                        File("a/c/f", 0), File("a/c/g", 1), Dir("a/d", 1), File("e", 1)}),
              ElementsAre("a/b", "a/d"));
}

TEST(ClosedDirectoriesTest, TheLastOfAFrameMayGoOn) {
  EXPECT_THAT(ClosedOf({Dir("a", 0), Dir("a/b", 0)}), IsEmpty());
  EXPECT_THAT(ClosedOf({Dir("a", 0), Dir("ab", 0)}), ElementsAre("a"));
}

TEST(ClosedDirectoriesTest, AHardLinkKeepsAllAboveItOpen) {
  EXPECT_THAT(
      ClosedOf({Dir("a", 0), Dir("a/b", 0), Entry("a/b/l", MemberType::kHardLink, 0), Dir("a/c", 0),
                Dir("d", 0), Entry("e", MemberType::kHardLink, 0), Dir("f", 1), File("g", 1)}),
      ElementsAre("a/c", "d", "f"));
}

// Links may still have to be made in it, or another restore after this one was interrupted.
TEST(ClosedDirectoriesTest, WhatItsOwnerMustNotWriteInStaysOpenButForRoot) {
  std::vector<IndexEntry> entries = {Dir("a", 0),    Dir("a/b", 0), Dir("a/b/c", 0),
                                     File("a/f", 0), Dir("d", 0),   File("e", 0)};
  for (IndexEntry& entry : entries) entry.mode = 0755;
  entries[1].mode = 0555;
  EXPECT_THAT(ClosedOf(entries, true), ElementsAre("a", "a/b", "a/b/c", "d"));
  EXPECT_THAT(ClosedOf(entries, false), ElementsAre("a/b/c", "d"));
}

TEST(ClosedDirectoriesTest, BelowADotRoot) {
  EXPECT_THAT(ClosedOf({Dir(".", 0), Dir("./a", 0), File("./b", 0)}), ElementsAre("./a"));
}

}  // namespace
}  // namespace ingot
