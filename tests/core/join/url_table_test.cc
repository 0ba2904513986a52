#include "core/join/url_table.h"

#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot {
namespace {

constexpr auto kAll = [](uint64_t) { return true; };
constexpr auto kNone = [](uint64_t) { return false; };

TEST(UrlTableTest, TheBestFileOfAPathDecides) {
  UrlTable urls;
  ASSERT_TRUE(urls.Add("a", 7, 100));
  urls.Seal(kAll, kNone);
  EXPECT_EQ(urls.StateOf("a", 7), UrlState::kMissing);
  EXPECT_TRUE(urls.Found("a", {.size = 99}));
  EXPECT_EQ(urls.StateOf("a", 7), UrlState::kWrongSize);
  EXPECT_TRUE(urls.Found("a", {.size = 100, .whole = false}));
  EXPECT_EQ(urls.StateOf("a", 7), UrlState::kIncomplete);
  EXPECT_TRUE(urls.Found("a", {.size = 100, .deleted = true}));
  EXPECT_EQ(urls.StateOf("a", 7), UrlState::kRecoverable);
  EXPECT_TRUE(urls.Found("a", {.size = 100}));
  EXPECT_EQ(urls.StateOf("a", 7), UrlState::kPresent);
  EXPECT_TRUE(urls.Found("a", {.size = 3}));
  EXPECT_EQ(urls.StateOf("a", 7), UrlState::kPresent);
  EXPECT_FALSE(urls.Found("b", {.size = 100}));
  EXPECT_FALSE(urls.Contains("b"));
}

TEST(UrlTableTest, SealDropsAndMarks) {
  UrlTable urls;
  ASSERT_TRUE(urls.Add("kept", 1, 5));
  ASSERT_TRUE(urls.Add("dropped", 2, 5));
  ASSERT_TRUE(urls.Add("encrypted", 3, 5));
  urls.Seal([](uint64_t id) { return id != 2; }, [](uint64_t id) { return id == 3; });
  EXPECT_EQ(urls.size(), 2u);
  EXPECT_FALSE(urls.Contains("dropped"));
  urls.Found("kept", {.size = 6});
  EXPECT_EQ(urls.CountEncryptedPresent(), 0u);
  urls.Found("encrypted", {.size = 6});  // as long as its key makes it
  EXPECT_EQ(urls.StateOf("encrypted", 3), UrlState::kPresent);
  EXPECT_EQ(urls.StateOf("kept", 1), UrlState::kWrongSize);
  EXPECT_EQ(urls.CountEncryptedPresent(), 1u);
}

TEST(UrlTableTest, HoldsTheLargestAndRefusesMore) {
  UrlTable urls;
  ASSERT_TRUE(urls.Add("a", UrlTable::kIdMax, UrlTable::kSizeMax));
  EXPECT_FALSE(urls.Add("b", UrlTable::kIdMax + 1, 1));
  EXPECT_FALSE(urls.Add("b", 1, UrlTable::kSizeMax + 1));
  uint64_t seen = 0;
  urls.Seal([&seen](uint64_t id) { return seen = id, true; }, kNone);
  EXPECT_EQ(seen, UrlTable::kIdMax);
  urls.Found("a", {.size = UrlTable::kSizeMax});
  EXPECT_EQ(urls.StateOf("a", UrlTable::kIdMax), UrlState::kPresent);
}

TEST(UrlTableTest, TwoUrlsOfOnePath) {
  UrlTable urls;
  ASSERT_TRUE(urls.Add("a", 1, 5));
  ASSERT_TRUE(urls.Add("a", 2, 6));
  urls.Seal(kAll, kNone);
  urls.Found("a", {.size = 6});
  EXPECT_EQ(urls.StateOf("a", 1), UrlState::kWrongSize);
  EXPECT_EQ(urls.StateOf("a", 2), UrlState::kPresent);
}

TEST(UrlTableTest, FindsEachOfManyInTwentyBytes) {
  constexpr uint64_t kCount = 1'000'000;
  UrlTable urls;
  for (uint64_t i = 0; i < kCount; ++i) ASSERT_TRUE(urls.Add(absl::StrCat("2026/", i), i, i % 99));
  // The last chunk of each partition is half empty.
  EXPECT_LE(urls.MemoryBytes(), 20 * kCount + (256 * 20 << 10));
  urls.Seal(kAll, kNone);
  EXPECT_LE(urls.MemoryBytes(), 20 * kCount + (256 * 20 << 10));
  for (uint64_t i = 0; i < kCount; i += 2) urls.Found(absl::StrCat("2026/", i), {.size = i % 99});
  const auto counts = urls.CountStates();
  EXPECT_EQ(counts[static_cast<size_t>(UrlState::kPresent)], kCount / 2);
  EXPECT_EQ(counts[static_cast<size_t>(UrlState::kMissing)], kCount / 2);
  for (uint64_t i = 0; i < kCount; i += 997) {
    EXPECT_EQ(urls.StateOf(absl::StrCat("2026/", i), i),
              i % 2 == 0 ? UrlState::kPresent : UrlState::kMissing);
  }
}

}  // namespace
}  // namespace ingot
