#include "tools/restore/restored_join.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

class Rows : public tools::DatabaseTarget {
 public:
  absl::StatusOr<tools::DatabaseUse> Look() override { return tools::DatabaseUse(); }
  absl::Status Inspect(const tools::DumpBytes&) override { return absl::OkStatus(); }
  absl::Status Feed(const tools::DumpBytes&) override { return absl::OkStatus(); }
  absl::StatusOr<tools::ContentRows> ReadContentRows(
      absl::FunctionRef<absl::Status(const tools::ReferencedUrl&)> visit) override {
    for (const tools::ReferencedUrl& url : urls) {
      if (const absl::Status status = visit(url); !status.ok()) return status;
    }
    return tools::ContentRows{has_tables, urls.size(), urls.size()};
  }
  std::vector<tools::ReferencedUrl> urls;
  bool has_tables = true;
};

class RestoredJoinTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"store", "other", "deleted"}) fs::create_directory(scratch_ / name);
  }
  void Write(const std::string& path, const std::string& content) {
    fs::create_directories(fs::path(scratch_ / path).parent_path());
    WriteFile(scratch_ / path, content);
  }
  void Row(const std::string& url, uint64_t size, bool encrypted = false) {
    rows_.urls.push_back({url, size, encrypted});
  }
  RestoredJoin Join() {
    const auto join =
        JoinRestored(&rows_, {{scratch_ / "store"}, {scratch_ / "other"}, {scratch_ / "deleted"}});
    EXPECT_OK(join);
    return *join;
  }

  ScratchDirectory scratch_;
  Rows rows_;
};

TEST_F(RestoredJoinTest, WholeContentIsProved) {
  Write("store/2026/1/a.bin", "12345");
  Write("other/b", "1");
  Write("store/c", "encrypted and longer");
  Write("store/empty", "");
  Row("store://2026/1/a.bin", 5);
  Row("store://b", 1);
  Row("store://c", 3, true);
  Row("store://empty", 0);
  Row("s3://bucket/x", 9);
  Row("spoof://y", 9);
  const JoinResult result = Join().result;
  EXPECT_EQ(result.outcome, JoinOutcome::kProved);
  EXPECT_EQ(result.referenced, 6);
  EXPECT_EQ(result.present, 4);
  EXPECT_EQ(result.encrypted, 1);
  EXPECT_EQ(result.not_on_disk, (std::map<std::string, uint64_t>{{"s3", 1}, {"spoof", 1}}));
}

TEST_F(RestoredJoinTest, WhatIsMissingOrShortIsNamed) {
  Write("store/short", "12");
  Write("secret", "12345");
  ASSERT_EQ(symlink((scratch_ / "secret").c_str(), (scratch_ / "store/link").c_str()), 0);
  ASSERT_EQ(symlink(scratch_.path().c_str(), (scratch_ / "store/way").c_str()), 0);
  Write("store/directory/file", "");
  for (const char* url :
       {"store://short", "store://gone", "store://no/way", "store://link", "store://way/secret",
        "store://../secret", "store:///etc/passwd", "store://directory", "store://", "nonsense"}) {
    Row(url, 5);
  }
  const JoinResult result = Join().result;
  EXPECT_EQ(result.outcome, JoinOutcome::kFailed);
  EXPECT_EQ(result.present, 0);
  EXPECT_EQ(result.missing, 9);
  EXPECT_EQ(result.wrong_size, 1);
  EXPECT_EQ(result.invalid_rows, 4);
  ASSERT_EQ(result.problems.size(), 10);
  EXPECT_EQ(result.problems.back(),
            (JoinProblem{"store://short", ContentState::kWrongSize, 5, 2, {}}));
}

TEST_F(RestoredJoinTest, DeletedFilesThatRowsReferToArePutBack) {
  Write("deleted/2026/2/d.bin", "deleted");
  ASSERT_EQ(chmod((scratch_ / "deleted/2026").c_str(), 0710), 0);
  Write("deleted/short", "1");
  Write("deleted/unreferenced", "1");
  Row("store://2026/2/d.bin", 7);
  const RestoredJoin join = Join();
  EXPECT_EQ(join.result.outcome, JoinOutcome::kProved);
  EXPECT_EQ(join.put_back, 1);
  EXPECT_EQ(ReadFile(scratch_ / "store/2026/2/d.bin"), "deleted");
  EXPECT_FALSE(fs::exists(scratch_ / "deleted/2026/2/d.bin"));
  EXPECT_EQ(fs::status(scratch_ / "store/2026").permissions(), fs::perms(0710));
  EXPECT_TRUE(fs::exists(scratch_ / "deleted/unreferenced"));

  Row("store://short", 5);
  EXPECT_EQ(Join().result.wrong_size, 1);
  EXPECT_TRUE(fs::exists(scratch_ / "deleted/short"));
}

TEST_F(RestoredJoinTest, WithoutItsTablesNothingIsProved) {
  rows_.has_tables = false;
  const JoinResult result = Join().result;
  EXPECT_EQ(result.outcome, JoinOutcome::kNotPossible);
  EXPECT_NE(result.reason, "");
}

}  // namespace
}  // namespace ingot
