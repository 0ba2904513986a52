#include "core/join/dump_tap.h"

#include <algorithm>

#include "tests/core/join/dump_rows.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TextSource : public StreamSource {
 public:
  TextSource(std::string text, absl::Status end) : text_(std::move(text)), end_(std::move(end)) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t size = std::min(out.size(), text_.size() - read_);
    if (size == 0 && !end_.ok()) return end_;
    std::copy_n(text_.data() + read_, size, out.data());
    read_ += size;
    return size;
  }
  absl::Status Finish() override {
    ++finished;
    return end_;
  }
  int finished = 0;

 private:
  std::string text_;
  absl::Status end_;
  size_t read_ = 0;
};

std::string ReadAll(StreamSource* source) {
  std::string all;
  std::string buffer(70'001, '\0');
  while (true) {
    const absl::StatusOr<size_t> size = source->Read(absl::MakeSpan(buffer));
    if (!size.ok() || *size == 0) return all;
    all.append(buffer, 0, *size);
  }
}

std::string Dump(int rows) {
  std::string dump = "COPY urls (id) FROM stdin;\n";
  for (int id = 1; id <= rows; ++id) absl::StrAppend(&dump, id, "\n");
  return dump + "\\.\n";
}

std::vector<WantedTable> Wanted() { return {{"urls", {"id"}}, {"absent", {"id"}}}; }

TEST(DumpTapTest, GivesTheDumpAndItsRows) {
  for (const int rows : {0, 1, 1'000'000}) {  // the last one is more than the queue holds
    const std::string dump = Dump(rows);
    TextSource source(dump, absl::OkStatus());
    RowLines lines;
    DumpTap tap(&source, DumpDialect::kPostgresql, Wanted(), &lines);
    EXPECT_TRUE(ReadAll(&tap) == dump);
    EXPECT_FALSE(tap.understood().ok());  // not yet
    EXPECT_OK(tap.Finish());
    EXPECT_OK(tap.understood());
    EXPECT_EQ(source.finished, 1);
    ASSERT_THAT(lines.lines, SizeIs(rows));
    if (rows > 0) {
      EXPECT_EQ(lines.lines.back(), absl::StrCat("0|", rows));
    }
    EXPECT_TRUE(tap.HasTable(0));
    EXPECT_FALSE(tap.HasTable(1));
  }
}

TEST(DumpTapTest, WhatIsNotUnderstoodDoesNotFailTheDump) {
  const std::string dump = "COPY urls (x) FROM stdin;\n1\n\\.\n" + Dump(1'000'000);
  TextSource source(dump, absl::OkStatus());
  RowLines lines;
  DumpTap tap(&source, DumpDialect::kPostgresql, Wanted(), &lines);
  EXPECT_TRUE(ReadAll(&tap) == dump);
  EXPECT_OK(tap.Finish());
  EXPECT_EQ(tap.understood().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(lines.lines, IsEmpty());
}

TEST(DumpTapTest, TheDumpsFailureStaysTheDumps) {
  TextSource source(Dump(10), absl::AbortedError("the server is gone"));
  RowLines lines;
  DumpTap tap(&source, DumpDialect::kPostgresql, Wanted(), &lines);
  EXPECT_EQ(ReadAll(&tap), Dump(10));
  char byte;
  EXPECT_EQ(tap.Read(absl::Span<char>(&byte, 1)).status().message(), "the server is gone");
  EXPECT_EQ(tap.Finish().message(), "the server is gone");
  EXPECT_FALSE(tap.understood().ok());
}

// A backup that fails destroys the tap with rows still waiting.
TEST(DumpTapTest, EndsWithoutFinish) {
  TextSource source(Dump(1'000'000), absl::OkStatus());
  RowLines lines;
  {
    DumpTap tap(&source, DumpDialect::kPostgresql, Wanted(), &lines);
    std::string buffer(1 << 20, '\0');
    ASSERT_OK(tap.Read(absl::MakeSpan(buffer)));
  }
  SUCCEED();
}

}  // namespace
}  // namespace ingot
