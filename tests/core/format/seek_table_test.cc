#include "core/format/seek_table.h"

#include "core/format/bytes.h"
#include "tests/core/format/hex.h"
#include "tests/testing.h"

namespace ingot {
namespace {

const std::vector<SeekEntry> kEntries = {
    {1000, 4096, 0xCAFEBABE}, {3096, 0, 0}, {15, 1024, 0x01020304}};

// A table of one entry.
std::string TableOf(uint32_t stored, uint32_t content, uint32_t checksum) {
  std::string table = EncodeSeekTable(std::vector<SeekEntry>{{100, 100, 1}});
  StoreLittle<uint32_t>(stored, table.data() + 8);
  StoreLittle<uint32_t>(content, table.data() + 12);
  StoreLittle<uint32_t>(checksum, table.data() + 16);
  return table;
}

TEST(SeekTableTest, GoldenBytes) {
  EXPECT_EQ(Hex(EncodeSeekTable(kEntries)),
            "5e2a4d182d000000"
            "e803000000100000bebafeca"
            "180c00000000000000000000"
            "0f0000000004000004030201"
            "0300000080b1ea928f");
}

TEST(SeekTableTest, RoundTrip) {
  EXPECT_EQ(*ParseSeekTable(EncodeSeekTable(kEntries)), kEntries);
  EXPECT_EQ(*ParseSeekTable(EncodeSeekTable({})), std::vector<SeekEntry>());
  const std::string table = EncodeSeekTable(kEntries);
  EXPECT_EQ(
      *SeekTableBytes(absl::MakeConstSpan(table).subspan(table.size() - kSeekTableFooterBytes)),
      table.size());
}

TEST(SeekTableTest, NoticesEveryFlippedBitOfHeaderAndFooter) {
  std::string table = EncodeSeekTable(kEntries);
  for (size_t bit = 0; bit < table.size() * 8; ++bit) {
    if (bit / 8 >= 8 && bit / 8 < table.size() - kSeekTableFooterBytes) continue;
    const char mask = static_cast<char>(1 << bit % 8);
    table[bit / 8] = static_cast<char>(table[bit / 8] ^ mask);
    EXPECT_EQ(ParseSeekTable(table).status().code(), absl::StatusCode::kDataLoss) << bit;
    table[bit / 8] = static_cast<char>(table[bit / 8] ^ mask);
  }
}

TEST(SeekTableTest, NoticesEveryTruncation) {
  const std::string table = EncodeSeekTable(kEntries);
  for (size_t length = 0; length < table.size(); ++length) {
    EXPECT_FALSE(ParseSeekTable(absl::MakeConstSpan(table).subspan(0, length)).ok());
    EXPECT_FALSE(ParseSeekTable(absl::MakeConstSpan(table).subspan(table.size() - length)).ok());
  }
}

TEST(SeekTableTest, RefusesMoreFramesThanTheFormatAllows) {
  std::string footer = Unhex("0000000880b1ea928f");
  EXPECT_EQ(*SeekTableBytes(footer), 8u + 12u * kSeekEntriesMax + 9u);
  footer[0] = 1;
  EXPECT_FALSE(SeekTableBytes(footer).ok());
}

TEST(SeekTableTest, RefusesEntriesThatNoContainerHas) {
  EXPECT_OK(ParseSeekTable(TableOf(100, 100, 1)));
  EXPECT_OK(ParseSeekTable(TableOf(100, 64 << 20, 1)));
  EXPECT_FALSE(ParseSeekTable(TableOf(100, (64 << 20) + 1, 1)).ok());
  EXPECT_FALSE(ParseSeekTable(TableOf(0, 100, 1)).ok());
  EXPECT_FALSE(ParseSeekTable(TableOf(1000, 100, 1)).ok());
  EXPECT_OK(ParseSeekTable(TableOf(8, 0, 0)));
  EXPECT_FALSE(ParseSeekTable(TableOf(7, 0, 0)).ok());
  EXPECT_FALSE(ParseSeekTable(TableOf(8, 0, 1)).ok());
}

}  // namespace
}  // namespace ingot
