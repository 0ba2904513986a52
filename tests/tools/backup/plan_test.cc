#include "tools/backup/plan.h"

#include <filesystem>

#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PlanTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"content", "more", "index", "also"}) {
      fs::create_directories(scratch_ / name);
    }
    request_.dump.url.vendor = tools::DatabaseVendor::kPostgresql;
    request_.dump.url.database = "dms";
    request_.content = {scratch_ / "content", scratch_ / "more/"};
    request_.index = {scratch_ / "index"};
    request_.also = {scratch_ / "also"};
  }
  void ExpectUsageError(const std::string& message) {
    const absl::StatusOr<BackupPlan> plan = PlanRepository(request_);
    EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument) << plan.status();
    EXPECT_THAT(std::string(plan.status().message()), HasSubstr(message));
  }
  ScratchDirectory scratch_;
  RepositoryRequest request_;
};

TEST_F(PlanTest, RootsAreNamedByTheirLastPartInTheirOrder) {
  const absl::StatusOr<BackupPlan> plan = PlanRepository(request_);
  ASSERT_OK(plan);
  ASSERT_EQ(plan->index.size(), 1u);
  EXPECT_EQ(plan->index[0].member_path, "index");
  ASSERT_EQ(plan->content.size(), 3u);
  EXPECT_EQ(plan->content[0].member_path, "content");
  EXPECT_EQ(plan->content[1].member_path, "more");
  EXPECT_EQ(plan->content[2].member_path, "also");
  EXPECT_EQ(plan->content[1].source_path, scratch_ / "more");
  EXPECT_TRUE(plan->content[1].follow_symlink);
  EXPECT_FALSE(plan->reindex_needed);
}

TEST_F(PlanTest, WhatIsMissingIsNamedWithItsFlag) {
  request_.content[0] = scratch_ / "missing";
  ExpectUsageError("--content: ");
  request_.content[0] = "/";
  ExpectUsageError("has no name");
  request_.content[0] = "";
  ExpectUsageError("--content needs a path");
  request_.content[0] = scratch_ / "content";
  WriteFile(scratch_ / "file", "x");
  request_.index = {scratch_ / "file"};
  ExpectUsageError("--index: ");
  request_.index.clear();
  request_.also = {scratch_ / "file"};
  EXPECT_OK(PlanRepository(request_));
}

TEST_F(PlanTest, OverlapsAndCollisions) {
  fs::create_directories(scratch_ / "content/index");
  request_.index = {scratch_ / "content/index"};
  ExpectUsageError("lies within");
  fs::create_directories(scratch_ / "else/content");
  request_.index = {scratch_ / "else/content"};
  ExpectUsageError("would both be 'content'");
}

}  // namespace
}  // namespace ingot
