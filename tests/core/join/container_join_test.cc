#include "core/join/container_join.h"

#include "tests/core/container/container_fixture.h"
#include "tests/core/join/sample_dump.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class ContainerJoinTest : public testing::Test {
 protected:
  ContainerJoinTest() {
    manifest_.database = {.vendor = "sqlite", .member = "database/alf.sql"};
    manifest_.stages = {{.name = "solr4Backup", .kind = StageKind::kIndex},
                        {.name = "database/alf.sql", .kind = StageKind::kDatabase},
                        {.name = "contentstore", .role = StageRole::kContentStore},
                        {.name = "contentstore.deleted", .role = StageRole::kDeletedContent}};
  }

  // With the dump's content a run each: index, dump, content, deleted content.
  ContainerBuilder Builder(const std::string& dump) {
    ContainerBuilder builder;
    builder.Add(DirectoryMember("solr4Backup")).AddFile("solr4Backup/2026/c", "not content");
    builder.Run().EndFrame().AddFile("database/alf.sql", dump);
    builder.Run().EndFrame().Add(DirectoryMember("contentstore"));
    builder.Add(DirectoryMember("contentstore/2026")).AddFile("contentstore/2026/a", "12345");
    builder.Add(HardLinkMember("contentstore/2026/b", "contentstore/2026/a"));
    builder.Run().EndFrame().AddFile("contentstore.deleted/2026/d", "1");
    return builder;
  }
  absl::StatusOr<JoinResult> Join(const std::string& bytes) {
    container_ = OpenBytes(bytes, scratch_ / "c");
    return JoinContainer(*container_, manifest_);
  }

  ScratchDirectory scratch_;
  std::unique_ptr<Container> container_;
  Manifest manifest_;
};

TEST_F(ContainerJoinTest, FromTheContainerAlone) {
  const SampleDump dump = SampleDump().Document(1, "2026/a", 5).Document(2, "2026/b", 5);
  const auto result = Join(Builder(dump.Text()).Build());
  ASSERT_OK(result);
  EXPECT_EQ(result->outcome, JoinOutcome::kProved) << result->reason;
  EXPECT_EQ(result->present, 2u);
  EXPECT_EQ(result->unreferenced_files, 0u);
}

TEST_F(ContainerJoinTest, OnlyContentStagesHoldContent) {
  SampleDump dump;
  dump.Model().Document(1, "2026/a", 5).Document(3, "2026/c", 11).Document(4, "2026/d", 1);
  const auto result = Join(Builder(dump.Text()).Build());
  ASSERT_OK(result);
  EXPECT_EQ(result->outcome, JoinOutcome::kFailed);
  EXPECT_EQ(result->missing, 1u);
  EXPECT_EQ(result->recoverable, 1u);
  EXPECT_EQ(result->unreferenced_files, 1u);
  ASSERT_EQ(result->problems.size(), 2u);
  EXPECT_EQ(result->problems[0].url, "store://2026/c");
  EXPECT_THAT(result->problems[0].nodes,
              testing::ElementsAre(JoinedNode{"uuid-3", "Document 3.txt"}));
}

TEST_F(ContainerJoinTest, WithoutItsDumpItIsDamaged) {
  manifest_.database.member = "database/other.sql";
  const auto result = Join(Builder("").Build());
  EXPECT_TRUE(absl::IsDataLoss(result.status()));
  EXPECT_THAT(result.status().message(), HasSubstr("database/other.sql"));
}

TEST_F(ContainerJoinTest, ADamagedDumpIsAnError) {
  const std::string dump = SampleDump().Document(1, "2026/a", 5).Text();
  ContainerBuilder builder = Builder(dump);
  builder.Run().EndFrame().AddFile("database/second.sql", dump);
  builder.last().digest.bytes[0] ^= 1;
  manifest_.database.member = "database/second.sql";
  EXPECT_TRUE(absl::IsDataLoss(Join(builder.Build()).status()));
}

TEST_F(ContainerJoinTest, AnUnknownDumpIsAResult) {
  manifest_.database.vendor = "command";
  const auto result = Join(Builder("something else altogether\n").Build());
  ASSERT_OK(result);
  EXPECT_EQ(result->outcome, JoinOutcome::kNotPossible);
  EXPECT_NE(result->reason, "");
}

}  // namespace
}  // namespace ingot
