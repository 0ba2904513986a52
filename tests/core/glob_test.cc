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

std::optional<std::vector<PathPrefix>> Prefixes(std::vector<std::string> patterns) {
  return GlobSet(std::move(patterns)).Prefixes();
}

TEST(GlobTest, PrefixesEndBeforeTheFirstWildcard) {
  using Expected = std::vector<PathPrefix>;
  EXPECT_EQ(Prefixes({"a/b"}), (Expected{{"a/b", true}}));
  EXPECT_EQ(Prefixes({"./a/b/", "/c/d*"}), (Expected{{"a/b", true}, {"c/d", false}}));
  EXPECT_EQ(Prefixes({"a/b?c"}), (Expected{{"a/b", false}}));
  EXPECT_EQ(Prefixes({"a/[bc]"}), (Expected{{"a/", false}}));
  EXPECT_EQ(Prefixes({"a*/b"}), (Expected{{"a", false}}));
}

TEST(GlobTest, PrefixesTakeEscapesForWhatTheyStandFor) {
  EXPECT_EQ(Prefixes({"a\\*/\\b"}), (std::vector<PathPrefix>{{"a*/b", true}}));
  EXPECT_EQ(Prefixes({"a/b\\"}), (std::vector<PathPrefix>{{"a/b", false}}));
}

TEST(GlobTest, WhatCanMatchAnywhereHasNoPrefixes) {
  EXPECT_EQ(Prefixes({}), std::nullopt);
  EXPECT_EQ(Prefixes({"a"}), std::nullopt);   // any component
  EXPECT_EQ(Prefixes({"a/"}), std::nullopt);  // the same
  EXPECT_EQ(Prefixes({"."}), std::nullopt);   // everything
  EXPECT_EQ(Prefixes({"*/a"}), std::nullopt);
  EXPECT_EQ(Prefixes({"a/b", "*.c"}), std::nullopt);
}

TEST(GlobTest, EveryMatchHasThePrefix) {
  const std::vector<std::string> paths = {"a",    "a/b", "a/b/c", "a/bc",  "a/b*", "a*/b",
                                          "aa/b", "a/[", "a/\\",  "a/b\\", "b/a/b"};
  for (const char* pattern :
       {"a/b", "a/b*", "a/b\\*", "a*/b", "a\\*/b", "a/[", "a/\\\\", "a/b\\"}) {
    const PathPrefix prefix = Prefixes({pattern})->front();
    for (const std::string& path : paths) {
      if (!GlobSet::MatchesOne(pattern, path)) continue;
      EXPECT_EQ(path.substr(0, prefix.text.size()), prefix.text) << pattern;
      if (prefix.whole && path != prefix.text) {
        EXPECT_EQ(path[prefix.text.size()], '/') << pattern << " " << path;
      }
    }
  }
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
