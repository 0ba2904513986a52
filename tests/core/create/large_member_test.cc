#include "core/create/large_member.h"

#include <random>

#include "tests/testing.h"

namespace ingot {
namespace {

constexpr uint64_t kMiB = kChunkBytes;

Member Dense(uint64_t size) {
  Member member;
  member.size = size;
  return member;
}

Member Sparse(uint64_t size, std::vector<io::Extent> extents) {
  Member member = Dense(size);
  member.sparse = true;
  member.extents = std::move(extents);
  return member;
}

// What must hold for every member: slices tile the logical range at chunk boundaries, hold exactly
// the data, in order, and none is larger than allowed.
void ExpectSound(const Member& member, const std::vector<Slice>& slices, uint64_t header_bytes,
                 uint64_t slice_bytes) {
  std::vector<io::Extent> data;
  uint64_t logical = 0;
  uint64_t stored = 0;
  for (size_t i = 0; i < slices.size(); ++i) {
    const Slice& slice = slices[i];
    EXPECT_EQ(slice.begin, logical);
    EXPECT_EQ(slice.begin % kMiB, 0u);
    EXPECT_EQ(slice.stored_offset, stored);
    uint64_t in_slice = 0;
    for (const io::Extent& extent : slice.extents) {
      EXPECT_GE(extent.offset, slice.begin);
      EXPECT_LE(extent.offset + extent.length, slice.end);
      if (!data.empty() && data.back().offset + data.back().length == extent.offset) {
        data.back().length += extent.length;
      } else {
        data.push_back(extent);
      }
      in_slice += extent.length;
    }
    EXPECT_LE(in_slice, std::max(kMiB, i == 0 ? slice_bytes - header_bytes : slice_bytes));
    stored += in_slice;
    logical = slice.end;
  }
  EXPECT_EQ(logical, member.size);
  if (member.sparse) {
    EXPECT_EQ(data, member.extents);
  } else {
    EXPECT_EQ(stored, member.size);
  }
}

TEST(CutSlicesTest, DenseMembersFillTheirFrames) {
  const std::vector<Slice> slices = CutSlices(Dense(10 * kMiB + 1), 1536, 4 * kMiB);
  ExpectSound(Dense(10 * kMiB + 1), slices, 1536, 4 * kMiB);
  ASSERT_EQ(slices.size(), 3u);
  EXPECT_EQ(slices[0].end, 3 * kMiB);  // the header leaves room for three chunks
  EXPECT_EQ(slices[1].end, 7 * kMiB);
}

TEST(CutSlicesTest, EmptyAndAllHole) {
  EXPECT_EQ(CutSlices(Dense(0), 1536, 4 * kMiB).size(), 1u);
  const uint64_t exabytes = uint64_t{7} << 60;
  const std::vector<Slice> slices = CutSlices(Sparse(exabytes, {}), 2048, 4 * kMiB);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(slices[0].end, exabytes);
}

TEST(CutSlicesTest, HolesCostNoSlices) {
  std::vector<io::Extent> extents;
  for (uint64_t i = 0; i < 1000; ++i) extents.push_back({i * (uint64_t{1} << 30), 4096});
  const Member member = Sparse(uint64_t{1000} << 30, extents);
  const std::vector<Slice> slices = CutSlices(member, 20'000, 4 * kMiB);
  ExpectSound(member, slices, 20'000, 4 * kMiB);
  EXPECT_EQ(slices.size(), 1u);
}

TEST(CutSlicesTest, RandomSparseMembers) {
  std::mt19937_64 random(42);
  for (int round = 0; round < 300; ++round) {
    std::vector<io::Extent> extents;
    uint64_t at = 0;
    for (uint64_t n = random() % 40; n > 0; --n) {
      at += 1 + random() % (3 * kMiB);
      const uint64_t length = 1 + random() % (3 * kMiB);
      extents.push_back({at, length});
      at += length;
    }
    const Member member = Sparse(at + random() % (2 * kMiB), extents);
    const uint64_t header = 512 * (1 + random() % 2000);
    ExpectSound(member, CutSlices(member, header, 4 * kMiB), header, 4 * kMiB);
  }
}

}  // namespace
}  // namespace ingot
