#include "core/format/bytes.h"

#include "tests/core/format/hex.h"
#include "tests/testing.h"

namespace ingot {
namespace {

TEST(BytesTest, LittleEndianFields) {
  std::string bytes;
  AppendLittle<uint16_t>(0x1234, &bytes);
  AppendLittle<uint32_t>(0xDEADBEEF, &bytes);
  AppendLittle<uint64_t>(0x0123456789ABCDEF, &bytes);
  EXPECT_EQ(Hex(bytes), "3412efbeaddeefcdab8967452301");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Little<uint16_t>(), 0x1234);
  EXPECT_EQ(reader.Little<uint32_t>(), 0xDEADBEEF);
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_EQ(reader.Little<uint64_t>(), 0x0123456789ABCDEF);
  EXPECT_TRUE(reader.AtEnd());
}

TEST(BytesTest, VarintsAndBack) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t value :
         {(uint64_t{1} << shift) - 1, uint64_t{1} << shift, UINT64_MAX >> shift}) {
      std::string bytes;
      AppendVarint(value, &bytes);
      ByteReader reader(bytes);
      EXPECT_EQ(reader.Varint(), value);
      EXPECT_TRUE(reader.AtEnd());
    }
  }
}

TEST(BytesTest, RefusesVarintsThatAreCutOverflowOrPadded) {
  for (const char* hex :
       {"", "80", "8000", "ff8000", "ffffffffffffffffff02", "80808080808080808080"}) {
    const std::string bytes = Unhex(hex);
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), 0u) << hex;
    EXPECT_FALSE(reader.ok()) << hex;
  }
}

TEST(BytesTest, FailureIsForGood) {
  ByteReader reader(absl::string_view("\x05zzz"));
  EXPECT_EQ(reader.VarintUpTo(4), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.Bytes(0), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.AtEnd());
}

TEST(BytesTest, RefusesMoreBytesThanThereAre) {
  ByteReader reader(absl::string_view("abc"));
  EXPECT_EQ(reader.Bytes(2), "ab");
  EXPECT_EQ(reader.Bytes(UINT64_MAX), "");
  EXPECT_FALSE(reader.ok());
}

TEST(BytesTest, ZigZag) {
  EXPECT_EQ(ZigZag(0), 0u);
  EXPECT_EQ(ZigZag(uint64_t{0} - 1), 1u);
  EXPECT_EQ(ZigZag(1), 2u);
  for (const uint64_t value : {uint64_t{0}, uint64_t{7}, UINT64_MAX, uint64_t{1} << 63}) {
    EXPECT_EQ(UnZigZag(ZigZag(value)), value);
  }
}

}  // namespace
}  // namespace ingot
