#include "core/join/documents.h"

#include "tests/core/join/sample_dump.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DocumentsTest : public testing::TestWithParam<bool> {
 protected:
  std::vector<Document> Find(const SampleDump& dump, const DocumentQuery& query) {
    times_ = 0;
    const auto order = GetParam() ? SampleDump::ByName() : SampleDump::Reversed();
    const auto found = FindDocuments(ReadText(dump.Text(order), &times_), DumpDialect::kSqlite,
                                     query, &understood_);
    EXPECT_OK(found);
    return found.value_or(std::vector<Document>());
  }
  int times_ = 0;
  absl::Status understood_;
};

INSTANTIATE_TEST_SUITE_P(DataFirst, DocumentsTest, testing::Values(true, false));

SampleDump ThreeDocuments() {
  return SampleDump()
      .Model()
      .Document(1, "2026/a.bin", 11)
      .Document(2, "2026/b.bin", 22)
      .Document(3, "2026/c.bin", 33);
}

TEST_P(DocumentsTest, ByNode) {
  EXPECT_THAT(Find(ThreeDocuments(), {.uuids = {"uuid-2"}}),
              ElementsAre(Document{"uuid-2", "Document 2.txt", "store://2026/b.bin", 22, false,
                                   "content"}));
  EXPECT_LE(times_, GetParam() ? 2 : 4);
  EXPECT_THAT(Find(ThreeDocuments(), {.uuids = {"uuid-9"}}), IsEmpty());
}

TEST_P(DocumentsTest, ByUrl) {
  EXPECT_THAT(Find(ThreeDocuments(), {.urls = {"store://2026/c.bin"}}),
              ElementsAre(Document{"uuid-3", "Document 3.txt", "store://2026/c.bin", 33, false,
                                   "content"}));
  EXPECT_LE(times_, 3);
  EXPECT_THAT(Find(ThreeDocuments(), {.urls = {"store://2026/d.bin"}}), IsEmpty());
  EXPECT_EQ(times_, 1);
}

TEST_P(DocumentsTest, ByIdOfTheUrl) {
  const auto found = Find(ThreeDocuments(), {.url_ids = {1, 3}});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].uuid, "uuid-1");
  EXPECT_EQ(found[1].uuid, "uuid-3");
  EXPECT_LE(times_, 3);
}

TEST_P(DocumentsTest, SeveralNodesOfOneUrlAndSeveralContentsOfOneNode) {
  SampleDump dump = ThreeDocuments();
  dump.Data(50, "1").Content(2, 50, 12);  // a copy shares the URL, and has two contents
  EXPECT_EQ(Find(dump, {.urls = {"store://2026/a.bin"}}).size(), 2u);
  const auto contents = Find(dump, {.uuids = {"uuid-2"}});
  ASSERT_EQ(contents.size(), 2u);
  EXPECT_EQ(contents[0].url, "store://2026/b.bin");
  EXPECT_EQ(contents[1].url, "store://2026/a.bin");
  EXPECT_EQ(contents[1].property, "name");
}

TEST_P(DocumentsTest, TheNameIsThatOfTheContentModel) {
  SampleDump dump = ThreeDocuments();
  dump.Name(1, "another model's", 12).Name(1, "a title", 13);
  EXPECT_EQ(Find(dump, {.uuids = {"uuid-1"}}).at(0).name, "Document 1.txt");
}

TEST_P(DocumentsTest, WithoutNamespacesTheLocalNameIsEnough) {
  const auto dump = SampleDump().Model(false).Document(1, "a", 1);
  EXPECT_EQ(Find(dump, {.uuids = {"uuid-1"}}).at(0).name, "Document 1.txt");
}

TEST_P(DocumentsTest, ANumberOfAnotherTypeIsNoContent) {
  SampleDump dump = ThreeDocuments();
  dump.Insert("alf_node_properties", "2,3,1,NULL,11");  // a number that happens to be an id
  EXPECT_EQ(Find(dump, {.urls = {"store://2026/a.bin"}}).size(), 1u);
}

TEST_P(DocumentsTest, AUrlThatNoNodeHas) {
  const auto dump = SampleDump().Model().Url(1, "a", 5).Data(1, "1").Encrypted(1);
  EXPECT_THAT(Find(dump, {.urls = {"store://a"}}),
              ElementsAre(Document{"", "", "store://a", 5, true, ""}));
}

}  // namespace
}  // namespace ingot
