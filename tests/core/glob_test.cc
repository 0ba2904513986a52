#include "core/glob.h"

#include "tests/testing.h"

namespace ingot {
namespace {

TEST(GlobTest, WithoutASlashAnyComponentCounts) {
  EXPECT_TRUE(GlobSet::MatchesOne("*.log", "a.log"));
  EXPECT_TRUE(GlobSet::MatchesOne("*.log", "deep/down/a.log"));
  EXPECT_TRUE(GlobSet::MatchesOne("cache", "x/cache/y/z"));
  EXPECT_TRUE(GlobSet::MatchesOne("[ab]?", "x/a1"));
  EXPECT_FALSE(GlobSet::MatchesOne("*.log", "a.log.gz"));
  EXPECT_FALSE(GlobSet::MatchesOne("cache", "x/cached"));
  EXPECT_TRUE(GlobSet::MatchesOne("*", ".hidden"));
}

TEST(GlobTest, WithASlashThePathCountsFromItsStart) {
  EXPECT_TRUE(GlobSet::MatchesOne("a/b", "a/b"));
  EXPECT_TRUE(GlobSet::MatchesOne("a/b", "a/b/c/d"));
  EXPECT_FALSE(GlobSet::MatchesOne("a/b", "x/a/b"));
  EXPECT_FALSE(GlobSet::MatchesOne("a/b", "a/bc"));
  EXPECT_TRUE(GlobSet::MatchesOne("a/*.txt", "a/deep/down.txt"));
  EXPECT_TRUE(GlobSet::MatchesOne("*/b", "x/y/b"));
  EXPECT_FALSE(GlobSet::MatchesOne("a/*", "a"));
}

TEST(GlobTest, EscapesAndOddBytes) {
  EXPECT_TRUE(GlobSet::MatchesOne("a\\*b", "a*b"));
  EXPECT_FALSE(GlobSet::MatchesOne("a\\*b", "axb"));
  EXPECT_TRUE(GlobSet::MatchesOne("a*\xFF", "ab\n\xFE\xFF"));
  EXPECT_TRUE(GlobSet::MatchesOne("[", "["));  // as the C library has it
}

TEST(GlobTest, SlashesAtTheEndsDoNotCount) {
  EXPECT_TRUE(GlobSet::MatchesOne("./a/b/", "a/b"));
  EXPECT_TRUE(GlobSet::MatchesOne("/a/b", "./a/b/"));
  EXPECT_TRUE(GlobSet::MatchesOne("logs/", "x/logs"));
}

TEST(GlobTest, TheRootStandsForEverything) {
  for (const char* pattern : {".", "./", "/"}) {
    EXPECT_TRUE(GlobSet::MatchesOne(pattern, "any/thing")) << pattern;
    EXPECT_TRUE(GlobSet::MatchesOne(pattern, ".")) << pattern;
  }
  EXPECT_FALSE(GlobSet::MatchesOne("*", "."));
}

TEST(GlobTest, ASetMatchesWhatAnyPatternMatches) {
  const GlobSet set({"*.tmp", "/var/cache/"});
  EXPECT_FALSE(set.empty());
  EXPECT_TRUE(set.Matches("x/y.tmp"));
  EXPECT_TRUE(set.Matches("var/cache/apt"));
  EXPECT_FALSE(set.Matches("srv/var/cache"));
  EXPECT_EQ(set.patterns()[1], "/var/cache/");
  EXPECT_TRUE(GlobSet({}).empty());
  EXPECT_FALSE(GlobSet({}).Matches("a"));
}

}  // namespace
}  // namespace ingot
