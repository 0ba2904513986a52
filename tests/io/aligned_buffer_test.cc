#include "io/aligned_buffer.h"

#include <cstring>

#include "tests/testing.h"

namespace ingot::io {
namespace {

TEST(AlignedBufferTest, AlignedAndRoundedUp) {
  for (const size_t bytes : {1, 4096, 4097, 100'000}) {
    AlignedBuffer buffer(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kDirectAlignment, 0u);
    EXPECT_EQ(buffer.size(), RoundUp(bytes, kDirectAlignment));
    std::memset(buffer.data(), 1, buffer.size());
  }
  EXPECT_EQ(AlignedBuffer(0).size(), 0u);
}

TEST(AlignedBufferTest, Moves) {
  AlignedBuffer first(4096);
  char* const data = first.data();
  AlignedBuffer second(std::move(first));
  EXPECT_EQ(second.data(), data);
  EXPECT_EQ(first.size(), 0u);
  AlignedBuffer third;
  third = std::move(second);
  EXPECT_EQ(third.data(), data);
}

}  // namespace
}  // namespace ingot::io
