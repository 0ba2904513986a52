#include "core/join/id_set.h"

#include "tests/testing.h"

namespace ingot {
namespace {

TEST(IdSetTest, HoldsWhatWasAdded) {
  IdSet ids;
  for (const uint64_t id :
       {uint64_t{0}, uint64_t{5}, uint64_t{5}, uint64_t{1} << 40, ~uint64_t{0}}) {
    ids.Add(id);
  }
  EXPECT_EQ(ids.Count(), 4u);
  EXPECT_TRUE(ids.Contains(uint64_t{1} << 40));
  EXPECT_FALSE(ids.Contains(6));
  EXPECT_FALSE(ids.Contains(uint64_t{1} << 41));
  IdSet other;
  other.Add(5);
  other.Add(6);
  ids.Intersect(other);
  EXPECT_EQ(ids.Count(), 1u);
  EXPECT_TRUE(ids.Contains(5));
}

TEST(IdSetTest, TakesTwoBytesForAnId) {
  IdSet dense, sparse;
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    dense.Add(i);
    sparse.Add(i * 30);
  }
  EXPECT_LE(dense.MemoryBytes(), 200'000u);
  EXPECT_LE(sparse.MemoryBytes(), 2'100'000u);
}

}  // namespace
}  // namespace ingot
