#include "core/finding.h"

#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot {
namespace {

TEST(FindingTest, NamesAndNotes) {
  EXPECT_STREQ(FindingName(FindingKind::kUnreadable), "unreadable");
  EXPECT_STREQ(FindingName(FindingKind::kZeroFilled), "zero-filled");
  EXPECT_STREQ(FindingName(FindingKind::kOtherDevice), "other-device");
  EXPECT_TRUE(IsNote(FindingKind::kSocket));
  EXPECT_TRUE(IsNote(FindingKind::kOtherDevice));
  EXPECT_FALSE(IsNote(FindingKind::kVanished));
}

TEST(FindingTest, CountsAndSorts) {
  Findings findings;
  findings.Add(FindingKind::kVanished, "b", "gone");
  findings.Add(FindingKind::kSocket, "c", "skipped");
  findings.Add(FindingKind::kVanished, "a", "gone");
  EXPECT_EQ(findings.Count(FindingKind::kVanished), 2u);
  EXPECT_EQ(findings.Count(FindingKind::kCut), 0u);
  EXPECT_EQ(findings.CountSerious(), 2u);
  const std::vector<Finding> kept = findings.Kept();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].path, "a");
  EXPECT_EQ(kept[2].path, "c");
}

TEST(FindingTest, CountsBeyondWhatItKeeps) {
  Findings findings;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&findings, t] {
      for (size_t i = 0; i < Findings::kFindingsMax / 2; ++i)
        findings.Add(FindingKind::kChanged, absl::StrCat(t, "/", i), "");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(findings.Count(FindingKind::kChanged), 2 * Findings::kFindingsMax);
  EXPECT_EQ(findings.Kept().size(), Findings::kFindingsMax);
}

TEST(FindingTest, TellsTheSameOnce) {
  Findings findings;
  findings.Add(FindingKind::kMetadata, "a", "first");
  findings.Add(FindingKind::kMetadata, "a", "laid out again");
  findings.Add(FindingKind::kChanged, "a", "");
  EXPECT_EQ(findings.Count(FindingKind::kMetadata), 1u);
  EXPECT_EQ(findings.CountSerious(), 2u);
}

TEST(FindingTest, RunningOutOfDescriptorsIsNoFindingOfTheFile) {
  Findings findings;
  findings.AddLost("gone", absl::NotFoundError("open: No such file"));
  EXPECT_OK(findings.exhausted());
  findings.AddLost("b", absl::ResourceExhaustedError("open: Too many open files"));
  EXPECT_EQ(findings.CountSerious(), 1u);
  EXPECT_TRUE(absl::IsResourceExhausted(findings.exhausted()));
  EXPECT_THAT(std::string(findings.exhausted().message()), testing::HasSubstr("ulimit"));
}

TEST(FindingTest, JsonHoldsEveryPath) {
  Findings findings;
  findings.Add(FindingKind::kCut, "plain \"quoted\"\n", "grew to 5 bytes");
  findings.Add(FindingKind::kUnreadable, "raw\xFF", "permission \xFF denied");
  const nlohmann::json json = nlohmann::json::parse(findings.ToJson());
  ASSERT_EQ(json["findings"].size(), 2u);
  EXPECT_EQ(json["findings"][0]["kind"], "cut");
  EXPECT_EQ(json["findings"][0]["path"], "plain \"quoted\"\n");
  EXPECT_FALSE(json["findings"][0].contains("path_base64"));
  EXPECT_EQ(json["findings"][0]["detail"], "grew to 5 bytes");
  EXPECT_EQ(json["findings"][1]["path"], "raw\xEF\xBF\xBD");
  EXPECT_EQ(json["findings"][1]["path_base64"], "cmF3/w==");
  EXPECT_EQ(json["counts"]["cut"], 1);
  EXPECT_EQ(json["counts"].size(), 2u);
  const nlohmann::json none = nlohmann::json::parse(Findings().ToJson());
  EXPECT_TRUE(none["findings"].is_array() && none["findings"].empty());
  EXPECT_TRUE(none["counts"].is_object());
}

}  // namespace
}  // namespace ingot
