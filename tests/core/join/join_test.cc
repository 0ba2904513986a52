#include "core/join/join.h"

#include "absl/strings/str_cat.h"
#include "tests/core/join/sample_dump.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class JoinTest : public testing::Test {
 protected:
  IndexEntry& File(const std::string& path, uint64_t size) {
    IndexEntry& entry = entries_.emplace_back();
    entry.path = path;
    entry.size = size;
    return entry;
  }
  IndexEntry& HardLink(const std::string& path, const std::string& carrier) {
    IndexEntry& entry = File(path, 0);
    entry.type = MemberType::kHardLink;
    entry.link_target = carrier;
    return entry;
  }

  JoinResult Join(const SampleDump& dump) { return Join(dump.Text()); }
  JoinResult Join(const std::string& dump) {
    times_ = 0;
    ReferencedUrls urls;
    const auto tables =
        ReadRows(ReadText(dump), DumpDialect::kSqlite, ReferencedUrls::WantedTables(), &urls);
    EXPECT_OK(tables);
    urls.Finish(tables->understood, [&](size_t table) { return tables->has_table[table]; });
    const auto result =
        JoinContent({.urls = &urls,
                     .roots = roots_,
                     .visit_entries = [this](EntryVisitor visit) { return Visit(visit); },
                     .read_dump = ReadText(dump, &times_),
                     .dialect = DumpDialect::kSqlite});
    EXPECT_OK(result);
    return result.value_or(JoinResult());
  }
  absl::Status Visit(EntryVisitor visit) const {
    for (const IndexEntry& entry : entries_) {
      if (const absl::Status status = visit(entry); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  std::vector<ContentRoot> roots_ = {{"contentstore", StageRole::kContentStore},
                                     {"other/dir", StageRole::kOtherStore},
                                     {"old", StageRole::kOther},
                                     {"contentstore.deleted", StageRole::kDeletedContent}};
  std::vector<IndexEntry> entries_;
  int times_ = 0;
};

TEST_F(JoinTest, ProvedWithoutReadingTheDumpAgain) {
  File("contentstore/2026/a.bin", 10);
  File("other/dir/2026/b.bin", 20);
  File("contentstore/2026/orphan.bin", 5);
  File("other/dir/not/content", 5);
  File("contentstore.deleted/2026/old.bin", 5);
  File("contentstore", 0).type = MemberType::kDirectory;
  const JoinResult result = Join(SampleDump()
                                     .Document(1, "2026/a.bin", 10)
                                     .Document(2, "2026/b.bin", 20)
                                     .RawUrl(3, "s3://x", 1)
                                     .Data(3, "3"));
  EXPECT_EQ(result.outcome, JoinOutcome::kProved);
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.url_rows, 3u);
  EXPECT_EQ(result.data_rows, 3u);
  EXPECT_EQ(result.referenced, 3u);
  EXPECT_EQ(result.present, 2u);
  EXPECT_EQ(result.unreferenced_files, 1u);  // of the store; other trees hold what they like
  EXPECT_THAT(result.not_on_disk, ElementsAre(Pair("s3", 1u)));
  EXPECT_THAT(result.problems, IsEmpty());
  EXPECT_EQ(times_, 0);
}

TEST_F(JoinTest, EachProblemWithItsNode) {
  File("contentstore/short", 9);
  File("contentstore/zeros", 10).zero_filled = true;
  File("contentstore/cut", 10).cut = true;
  File("contentstore/changed", 10).changed = true;
  File("contentstore.deleted/moved", 10);
  const JoinResult result = Join(SampleDump()
                                     .Model()
                                     .Document(1, "short", 10)
                                     .Document(2, "zeros", 10)
                                     .Document(3, "moved", 10)
                                     .Document(4, "gone", 10)
                                     .Document(5, "cut", 10)
                                     .Document(6, "changed", 10));
  EXPECT_EQ(result.outcome, JoinOutcome::kFailed);
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.missing, 1u);
  EXPECT_EQ(result.wrong_size, 1u);
  EXPECT_EQ(result.incomplete, 3u);
  EXPECT_EQ(result.recoverable, 1u);
  EXPECT_EQ(result.present, 0u);
  const auto problem = [](const char* path, ContentState state, uint64_t found, int id) {
    return JoinProblem{
        .url = absl::StrCat("store://", path),
        .state = state,
        .size = 10,
        .found_size = found,
        .nodes = {{absl::StrCat("uuid-", id), absl::StrCat("Document ", id, ".txt")}}};
  };
  EXPECT_THAT(result.problems, ElementsAre(problem("gone", ContentState::kMissing, 0, 4),
                                           problem("short", ContentState::kWrongSize, 9, 1),
                                           problem("changed", ContentState::kIncomplete, 10, 6),
                                           problem("cut", ContentState::kIncomplete, 10, 5),
                                           problem("zeros", ContentState::kIncomplete, 10, 2),
                                           problem("moved", ContentState::kRecoverable, 10, 3)));
  EXPECT_EQ(times_, 3);
}

TEST_F(JoinTest, RecoverableAloneIsProved) {
  File("contentstore.deleted/moved", 10);
  const JoinResult result = Join(SampleDump().Document(1, "moved", 10));
  EXPECT_EQ(result.outcome, JoinOutcome::kProved);
  EXPECT_EQ(result.recoverable, 1u);
  EXPECT_EQ(result.problems.size(), 1u);
}

TEST_F(JoinTest, AnyStoreWithTheWholeContentWillDo) {
  File("contentstore/a", 9);
  File("other/dir/a", 10);
  EXPECT_EQ(Join(SampleDump().Document(1, "a", 10)).outcome, JoinOutcome::kProved);
}

TEST_F(JoinTest, WhereTheServerDoesNotLookContentIsRecoverableOnly) {
  File("contentstore/b", 10);
  File("old/a", 10);
  const JoinResult result = Join(SampleDump().Document(1, "a", 10).Document(2, "b", 10));
  EXPECT_EQ(result.outcome, JoinOutcome::kProved);
  EXPECT_EQ(result.present, 1u);
  EXPECT_EQ(result.recoverable, 1u);
}

TEST_F(JoinTest, ADumpThatRefersToNothingProvesNothing) {
  File("contentstore/a", 10);
  const JoinResult schema_alone = Join(SampleDump());
  EXPECT_EQ(schema_alone.outcome, JoinOutcome::kNotPossible);
  EXPECT_THAT(schema_alone.reason, HasSubstr("refer to nothing"));
  entries_.clear();
  EXPECT_EQ(Join(SampleDump()).outcome, JoinOutcome::kProved) << "a new repository";
}

TEST_F(JoinTest, AnEmptyFileIsNoEncryptedContent) {
  File("contentstore/a", 0);
  const JoinResult result = Join(SampleDump().Document(1, "a", 10).Encrypted(1));
  EXPECT_EQ(result.outcome, JoinOutcome::kFailed);
  EXPECT_EQ(result.wrong_size, 1u);
}

TEST_F(JoinTest, AHardLinkIsItsCarrier) {
  File("contentstore/a", 10);
  HardLink("contentstore/b", "contentstore/a");
  HardLink("contentstore/c", "elsewhere/carrier");
  HardLink("contentstore/d", "contentstore/a");
  HardLink("contentstore/e", "nowhere");
  File("elsewhere/carrier", 10).zero_filled = true;
  const JoinResult result = Join(SampleDump()
                                     .Document(1, "b", 10)
                                     .Document(2, "c", 10)
                                     .Document(3, "d", 11)
                                     .Document(4, "e", 10));
  EXPECT_EQ(result.present, 1u);
  EXPECT_EQ(result.incomplete, 1u);
  EXPECT_EQ(result.wrong_size, 1u);
  EXPECT_EQ(result.missing, 1u);
  EXPECT_EQ(result.unreferenced_files, 1u);
}

TEST_F(JoinTest, OnlyFilesAreContent) {
  File("contentstore/a", 0).type = MemberType::kSymlink;
  File("contentstore/b", 0).type = MemberType::kDirectory;
  EXPECT_EQ(Join(SampleDump().Document(1, "a", 0).Document(2, "b", 0)).missing, 2u);
}

TEST_F(JoinTest, ARootIsAWholeComponent) {
  File("contentstore2/a", 10);
  File("contentstore", 10);
  EXPECT_EQ(Join(SampleDump().Document(1, "a", 10)).missing, 1u);
}

TEST_F(JoinTest, ARootWhoseNameJsonCannotHold) {
  roots_ = {{"con\xEF\xBF\xBDtent/store", StageRole::kContentStore}};  // as a manifest has it
  File("con\xFFtent/store/2026/a", 10);
  EXPECT_EQ(Join(SampleDump().Document(1, "2026/a", 10)).outcome, JoinOutcome::kProved);
}

TEST_F(JoinTest, WithoutAStoreEveryContentRootCounts) {
  roots_ = {{"data", StageRole::kOther}};
  File("data/a", 10);
  File("data/b", 10);
  const JoinResult result = Join(SampleDump().Document(1, "a", 10));
  EXPECT_EQ(result.outcome, JoinOutcome::kProved);
  EXPECT_EQ(result.unreferenced_files, 1u);
}

TEST_F(JoinTest, EncryptedContentIsOfAnySize) {
  File("contentstore/a", 32);
  const JoinResult result = Join(SampleDump().Document(1, "a", 10).Encrypted(1));
  EXPECT_EQ(result.outcome, JoinOutcome::kProved);
  EXPECT_EQ(result.encrypted, 1u);
}

TEST_F(JoinTest, NotPossibleHasAReason) {
  File("contentstore/a", 10);
  const JoinResult other = Join(std::string("-- another application's dump\n"));
  EXPECT_EQ(other.outcome, JoinOutcome::kNotPossible);
  EXPECT_THAT(other.reason, HasSubstr("no table alf_content_url"));
  EXPECT_EQ(other.unreferenced_files, 0u);
  const JoinResult invalid = Join(SampleDump().UrlRow(1, "store://a", 1, "10").Data(1, "1"));
  EXPECT_EQ(invalid.outcome, JoinOutcome::kNotPossible);
  EXPECT_THAT(invalid.reason, HasSubstr("CRC-32"));
  EXPECT_EQ(invalid.present, 1u);
  EXPECT_EQ(invalid.invalid_rows, 1u);
}

TEST_F(JoinTest, LossIsToldEvenWhenNotAllIsKnown) {
  const JoinResult result =
      Join(SampleDump().UrlRow(1, "store://a", 1, "10").Data(1, "1").Url(2, "b", 1).Data(2, "2"));
  EXPECT_EQ(result.outcome, JoinOutcome::kFailed);
  EXPECT_EQ(result.missing, 2u);
  EXPECT_EQ(result.invalid_rows, 1u);
}

TEST_F(JoinTest, MoreProblemsThanAManifestLists) {
  SampleDump dump;
  const uint64_t count = JoinResult::kProblemsMax + 10;
  for (uint64_t i = count; i > 0; --i) {
    dump.Url(i, absl::StrCat("x", 100'000 + i), 10).Data(i, absl::StrCat(i));
    if (i <= 5) File(absl::StrCat("contentstore/x", 100'000 + i), 9);
  }
  const JoinResult result = Join(dump);
  EXPECT_EQ(result.missing, count - 5);
  EXPECT_EQ(result.wrong_size, 5u);
  ASSERT_EQ(result.problems.size(), JoinResult::kProblemsMax);
  EXPECT_EQ(result.problems.front().url, "store://x100006");  // what is missing comes first
  EXPECT_EQ(result.problems.back().url, absl::StrCat("store://x", 100'000 + count - 5));
}

TEST_F(JoinTest, ManyNodesOfOneUrl) {
  SampleDump dump;
  dump.Model().Url(1, "gone", 1).Data(1, "1");
  for (uint64_t node = 1; node <= 40; ++node) {
    dump.Node(node, absl::StrCat("uuid-", node)).Content(node, 1);
  }
  const JoinResult result = Join(dump);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].nodes.size(), JoinResult::kNodesMax);
}

TEST_F(JoinTest, ErrorsOfReadingEndIt) {
  ReferencedUrls urls;
  urls.Finish(absl::OkStatus(), [](size_t) { return true; });
  const auto result =
      JoinContent({.urls = &urls,
                   .roots = roots_,
                   .visit_entries = [](EntryVisitor) { return absl::DataLossError("index"); },
                   .read_dump = ReadText("")});
  EXPECT_TRUE(absl::IsDataLoss(result.status()));
}

}  // namespace
}  // namespace ingot
