#include "core/salvage/mark_search.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/format/frame.h"
#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using Found = std::vector<std::pair<Mark, uint64_t>>;

Found Search(const std::string& bytes) {
  Found found;
  EXPECT_OK(ForEachMark(
      bytes.size(),
      [&bytes](uint64_t offset, absl::Span<char> out) {
        std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
        return absl::OkStatus();
      },
      [&found](Mark mark, uint64_t offset) {
        found.emplace_back(mark, offset);
        return absl::OkStatus();
      }));
  return found;
}

const std::string kLabel("\x5b\x2a\x4d\x18", 4);
const std::string kIndex("\x5c\x2a\x4d\x18", 4);
const std::string kTable("\x5e\x2a\x4d\x18", 4);

TEST(MarkSearchTest, FindsAllInOrder) {
  const std::string end(EndOfArchiveFrame());
  const std::string bytes = absl::StrCat(kLabel, "xx", end, kIndex, kIndex, end, "x", kTable);
  EXPECT_EQ(Search(bytes), (Found{{Mark::kLabel, 0},
                                  {Mark::kEndOfArchive, 6},
                                  {Mark::kIndex, 21},
                                  {Mark::kIndex, 25},
                                  {Mark::kEndOfArchive, 29},
                                  {Mark::kSeekTable, 45}}));
}

TEST(MarkSearchTest, NothingInNothing) {
  EXPECT_EQ(Search(""), Found());
  EXPECT_EQ(Search("\x2a\x4d\x18"), Found());
  EXPECT_EQ(Search(std::string("\x50\x2a\x4d\x18", 4)), Found());  // another's skippable frame
  EXPECT_EQ(Search(kLabel.substr(0, 3)), Found());
}

// It is read in pieces of 4 MiB.
TEST(MarkSearchTest, AlsoAcrossPieces) {
  const std::string end(EndOfArchiveFrame());
  constexpr size_t kPiece = size_t{4} << 20;
  for (const std::string& mark : {kLabel, end}) {
    for (size_t at = kPiece - 16; at <= kPiece + 2; ++at) {
      std::string bytes(kPiece + 100, '\0');
      bytes.replace(at, mark.size(), mark);
      EXPECT_THAT(Search(bytes), testing::ElementsAre(testing::Pair(testing::_, at))) << at;
    }
  }
}

}  // namespace
}  // namespace ingot
