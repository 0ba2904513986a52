#include "core/create/plan.h"

#include <memory>

#include "tests/testing.h"

namespace ingot {
namespace {

constexpr uint64_t kFrame = uint64_t{4} << 20;

class PlannerTest : public testing::Test {
 protected:
  Entry File(uint64_t size, std::shared_ptr<const SourceDirectory> parent = nullptr) {
    Entry entry;
    entry.parent = parent != nullptr ? parent : directory_;
    entry.member_path = "a/file";
    entry.stat.mode = S_IFREG | 0644;
    entry.stat.links = 1;
    entry.stat.size = size;
    return entry;
  }
  std::shared_ptr<const SourceDirectory> directory_ = std::make_shared<SourceDirectory>();
  Planner planner_{kFrame};
};

TEST_F(PlannerTest, FillsAFrameUpToItsSizeAndNoFurther) {
  const uint64_t file_bytes = 100'000;
  uint64_t planned = 0;
  std::optional<FramePlan> plan;
  for (int i = 0; i < 1000 && !plan.has_value(); ++i) plan = planner_.Add(File(file_bytes));
  ASSERT_TRUE(plan.has_value());
  for (const Entry& entry : *plan) planned += EstimateStreamBytes(entry);
  EXPECT_LE(planned, kFrame);
  EXPECT_GT(planned + EstimateStreamBytes(File(file_bytes)), kFrame);
  EXPECT_EQ(planner_.Flush().size(), 1u);
  EXPECT_TRUE(planner_.Flush().empty());
}

TEST_F(PlannerTest, CapsMembers) {
  std::optional<FramePlan> plan;
  size_t added = 0;
  for (; !plan.has_value(); ++added) plan = planner_.Add(File(0));
  EXPECT_EQ(plan->size(), kFrameMembersMax);
  EXPECT_EQ(added, kFrameMembersMax + 1);
}

TEST_F(PlannerTest, CapsOpenDirectories) {
  std::optional<FramePlan> plan;
  while (!plan.has_value()) plan = planner_.Add(File(1, std::make_shared<SourceDirectory>()));
  EXPECT_EQ(plan->size(), kFrameDirectoriesMax);
}

TEST_F(PlannerTest, LargeIsWhatDoesNotFitIntoAFrame) {
  EXPECT_TRUE(planner_.IsLarge(File(kFrame)));
  EXPECT_FALSE(planner_.IsLarge(File(kFrame - 2048)));
}

TEST_F(PlannerTest, AFurtherNameOfALargeFileIsSmall) {
  Entry entry = File(uint64_t{1} << 40);
  entry.link = std::make_shared<LinkName>();
  EXPECT_TRUE(planner_.IsLarge(entry));
  entry.link->previous = std::make_shared<LinkName>();
  EXPECT_FALSE(planner_.IsLarge(entry));
}

}  // namespace
}  // namespace ingot
