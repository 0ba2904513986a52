#include "core/format/sparse_map.h"

#include "core/format/tar.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using Extents = std::vector<io::Extent>;

std::string Padded(std::string map) {
  map.resize(map.size() + static_cast<size_t>(TarPadding(map.size())));
  return map;
}

TEST(SparseMapTest, GnuFormat) {
  EXPECT_EQ(EncodeSparseMap(Extents{{4096, 100}}, 10'000), Padded("2\n4096\n100\n10000\n0\n"));
  EXPECT_EQ(EncodeSparseMap(Extents{{0, 10}, {9000, 1000}}, 10'000),
            Padded("2\n0\n10\n9000\n1000\n"));
  EXPECT_EQ(EncodeSparseMap({}, 5), Padded("1\n5\n0\n"));
}

TEST(SparseMapTest, RoundTripAtBlockBoundaries) {
  Extents extents;
  for (uint64_t i = 0; i < 300; ++i) {
    const uint64_t size = 20'000'000 + i;
    const std::string map = EncodeSparseMap(extents, size);
    EXPECT_EQ(map.size() % kTarBlockBytes, 0u);
    const absl::StatusOr<SparseMap> parsed = ParseSparseMap(map, size);
    ASSERT_OK(parsed);
    EXPECT_EQ(parsed->extents, extents);
    EXPECT_EQ(parsed->map_bytes, map.size());
    extents.push_back({i * 65'536, 1 + i});
  }
}

TEST(SparseMapTest, TheLargestFitsAHeader) {
  Extents extents;
  for (uint64_t i = 0; i < kSparseExtentsMax; ++i)
    extents.push_back({kMemberSizeMax - (kSparseExtentsMax - i) * (1 << 20), 1});
  ASSERT_EQ(ExtentsProblem(extents, kMemberSizeMax), nullptr);
  const std::string map = EncodeSparseMap(extents, kMemberSizeMax);
  EXPECT_LT(map.size(), kHeaderBytesMax - kXattrBytesMax);
  EXPECT_EQ(ParseSparseMap(map, kMemberSizeMax)->extents, extents);
  extents.push_back({kMemberSizeMax - 1, 1});
  EXPECT_NE(ExtentsProblem(extents, kMemberSizeMax), nullptr);
}

TEST(SparseMapTest, RefusesMapsThatLie) {
  for (const char* map :
       {"", "\n", "0\n", "1\n", "1\n0\n", "1\n0\n1", "x\n0\n1\n", "1\n-1\n5\n", "1\n 0\n5\n",
        "1\n0\n101\n",                               // past the end
        "1\n100\n1\n",                               // likewise
        "1\n18446744073709551615\n2\n",              // likewise, by overflow
        "2\n10\n5\n14\n5\n", "2\n10\n5\n0\n5\n",     // overlapping, descending
        "2\n10\n0\n50\n1\n", "2\n100\n0\n100\n0\n",  // empty, but not the end mark
        "16386\n0\n1\n", "99999999999999999999\n0\n1\n"}) {
    EXPECT_EQ(ParseSparseMap(Padded(map), 100).status().code(), absl::StatusCode::kDataLoss) << map;
  }
  EXPECT_OK(ParseSparseMap(Padded("2\n10\n5\n100\n0\n"), 100));
  EXPECT_FALSE(ParseSparseMap("2\n10\n5\n100\n0\n", 100).ok());  // without its padding
}

}  // namespace
}  // namespace ingot
