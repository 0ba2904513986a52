#include "core/join/referenced_urls.h"

#include "absl/strings/str_cat.h"
#include "tests/core/join/sample_dump.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class ReferencedUrlsTest : public testing::TestWithParam<bool> {
 protected:
  static std::vector<std::string> Order() {
    return GetParam() ? SampleDump::ByName() : SampleDump::Reversed();
  }
  void Read(const SampleDump& dump) { Read(dump.Text(Order())); }
  void Read(const std::string& text) {
    const auto tables =
        ReadRows(ReadText(text), DumpDialect::kSqlite, ReferencedUrls::WantedTables(), &urls_);
    ASSERT_OK(tables);
    urls_.Finish(tables->understood, [&](size_t table) { return tables->has_table[table]; });
  }

  ReferencedUrls urls_;
};

TEST(ContentUrlTest, SchemeAndPath) {
  EXPECT_EQ(ContentScheme("store://2026/1/a.bin"), "store");
  EXPECT_EQ(ContentPath("store://2026/1/a.bin"), "2026/1/a.bin");
  EXPECT_EQ(ContentScheme("s3://x/y://z"), "s3");
  EXPECT_EQ(ContentScheme("2026/1/a.bin"), "");
  EXPECT_EQ(ContentPath("2026/1/a.bin"), "2026/1/a.bin");
  EXPECT_EQ(ContentPath("store:///a//b"), "a/b");  // as java.io.File has it
}

INSTANTIATE_TEST_SUITE_P(DataFirst, ReferencedUrlsTest, testing::Values(true, false));

TEST_P(ReferencedUrlsTest, KeepsWhatARowRefersTo) {
  Read(SampleDump()
           .Url(1, "2026/1/a.bin", 10)
           .Url(2, "2026/1/b.bin", 20)
           .Url(3, "2026/1/c.bin", 30)
           .Data(100, "1")
           .Data(101, "3")
           .Data(102, "3")
           .Data(103, "NULL")
           .Encrypted(3)
           .Encrypted(2));
  EXPECT_OK(urls_.known());
  EXPECT_EQ(urls_.url_rows(), 3u);
  EXPECT_EQ(urls_.data_rows(), 4u);
  EXPECT_EQ(urls_.referenced(), 2u);
  EXPECT_EQ(urls_.table().size(), 2u);
  EXPECT_TRUE(urls_.table().Contains("2026/1/a.bin"));
  EXPECT_FALSE(urls_.table().Contains("2026/1/b.bin"));
  urls_.table().Found("2026/1/a.bin", {.size = 11});
  urls_.table().Found("2026/1/c.bin", {.size = 31});
  EXPECT_EQ(urls_.table().StateOf("2026/1/a.bin", 1), UrlState::kWrongSize);
  EXPECT_EQ(urls_.table().StateOf("2026/1/c.bin", 3), UrlState::kPresent);  // encrypted
}

TEST_P(ReferencedUrlsTest, CountsOtherSchemes) {
  Read(SampleDump()
           .RawUrl(1, "s3://bucket/a", 1)
           .RawUrl(2, "s3://bucket/b", 1)
           .RawUrl(3, "spoof://x", 1)
           .RawUrl(4, "s3://bucket/orphan", 1)
           .Data(1, "1")
           .Data(2, "2")
           .Data(3, "3"));
  EXPECT_OK(urls_.known());
  EXPECT_EQ(urls_.table().size(), 0u);
  EXPECT_THAT(urls_.not_on_disk(),
              testing::ElementsAre(testing::Pair("s3", 2u), testing::Pair("spoof", 1u)));
}

TEST_P(ReferencedUrlsTest, ARowThatDisagreesWithItselfIsCountedAndKept) {
  Read(SampleDump().UrlRow(1, "store://2026/1/a.bin", 12345, "10").Data(1, "1"));
  EXPECT_EQ(urls_.invalid_rows(), 1u);
  EXPECT_TRUE(absl::IsFailedPrecondition(urls_.known()));
  EXPECT_THAT(urls_.known().message(), HasSubstr("CRC-32"));
  EXPECT_TRUE(urls_.table().Contains("2026/1/a.bin"));
}

TEST_P(ReferencedUrlsTest, ARowWithoutASizeIsCounted) {
  Read(SampleDump().UrlRow(1, "store://a", 12345, "-1").Url(2, "b", 1).Data(1, "2"));
  EXPECT_EQ(urls_.invalid_rows(), 1u);
  EXPECT_FALSE(urls_.known().ok());
}

TEST_P(ReferencedUrlsTest, ShortNameOfAnotherUrlIsInvalid) {
  std::string text = SampleDump().Url(1, "2026/1/a.bin", 1).Data(1, "1").Text(Order());
  const std::string url_short = "'2026/1/a.bin'";
  text.replace(text.find(url_short), url_short.size(), "'2026/1/b.bin'");
  Read(text);
  EXPECT_EQ(urls_.invalid_rows(), 1u);
}

TEST_P(ReferencedUrlsTest, UpperCaseAndOtherLanguages) {
  Read(SampleDump()
           .Url(1, "2026/1/GUID-IN-CAPITALS.BIN", 1)
           .Url(2, "Verträge/Ölförderung.pdf", 1)
           .Data(1, "1")
           .Data(2, "2"));
  EXPECT_OK(urls_.known());
  EXPECT_TRUE(urls_.table().Contains("Verträge/Ölförderung.pdf"));
}

TEST_P(ReferencedUrlsTest, AReferenceToNothingIsNotProved) {
  Read(SampleDump().Url(1, "a", 1).Data(1, "1").Data(2, "2"));
  EXPECT_THAT(urls_.known().message(), HasSubstr("1 rows of alf_content_url that it does not"));
}

TEST_P(ReferencedUrlsTest, TwoSchemasAreNotTakenForOne) {
  Read(SampleDump().Url(1, "a", 1).Url(1, "b", 1).Data(1, "1"));
  EXPECT_THAT(urls_.known().message(), HasSubstr("more than one schema"));
}

TEST_P(ReferencedUrlsTest, IdsBeyondTheLimitAreNotProved) {
  const uint64_t id = UrlTable::kIdMax + 1;
  Read(SampleDump().Url(id, "a", 1).Data(1, absl::StrCat(id)));
  EXPECT_THAT(urls_.known().message(), HasSubstr("beyond what ingot handles"));
}

TEST_P(ReferencedUrlsTest, MissingTablesAreNamed) {
  Read(SampleDump().Url(1, "a", 1).Text({"alf_content_url"}));
  EXPECT_THAT(urls_.known().message(), HasSubstr("no table alf_content_data"));
  urls_ = ReferencedUrls();
  Read(SampleDump().Data(1, "1").Text({"alf_content_data"}));
  EXPECT_THAT(urls_.known().message(), HasSubstr("no table alf_content_url"));
  urls_ = ReferencedUrls();
  Read(SampleDump().Url(1, "a", 1).Data(1, "1").Text({"alf_content_url", "alf_content_data"}));
  EXPECT_OK(urls_.known());  // before Alfresco 5 nothing was encrypted
}

TEST_P(ReferencedUrlsTest, WhatTheReaderDidNotUnderstandIsTheReason) {
  urls_.Finish(absl::FailedPreconditionError("its line 12 is odd"), [](size_t) { return true; });
  EXPECT_EQ(urls_.known().message(), "its line 12 is odd");
}

TEST(ReferencedUrlsMemoryTest, TwentyFourBytesForEach) {
  constexpr uint64_t kCount = 1'000'000;
  ReferencedUrls urls;
  for (uint64_t i = 0; i < kCount; ++i) {
    const std::string id = absl::StrCat(i * 20);  // most have been deleted again
    urls.Row(1, {std::optional<absl::string_view>(id)});
  }
  for (uint64_t i = 0; i < kCount; ++i) {
    const std::string id = absl::StrCat(i * 20);
    const std::string url = absl::StrCat("store://2026/1/2/3/", i, ".bin");
    urls.Row(0, {std::optional<absl::string_view>(id), absl::string_view(url),
                 absl::string_view(url), absl::string_view("1"), absl::string_view("5")});
  }
  const uint64_t half_chunks = 256 * 12 << 10;  // idle, and of no weight when there are more
  EXPECT_LE(urls.MemoryBytes(), 24 * kCount + half_chunks);
  urls.Finish(absl::OkStatus(), [](size_t) { return true; });
  EXPECT_EQ(urls.table().size(), kCount);
  EXPECT_LE(urls.MemoryBytes(), 24 * kCount + half_chunks);
}

}  // namespace
}  // namespace ingot
