#include "tools/size.h"

#include "tests/testing.h"

namespace ingot {
namespace {

struct SizeCase {
  const char* text;
  uint64_t bytes;
};

TEST(SizeTest, ParsesPowersOf1024InEverySpelling) {
  const SizeCase cases[] = {
      {"0", 0},
      {"65536", 65536},
      {"7b", 7},
      {"512K", 512 << 10},
      {"512k", 512 << 10},
      {"4M", 4 << 20},
      {"4MB", 4 << 20},
      {"512MiB", 512 << 20},
      {"1G", uint64_t{1} << 30},
      {"1.5G", uint64_t{3} << 29},
      {"0.5KiB", 512},
      {"2T", uint64_t{2} << 40},
      {"7E", uint64_t{7} << 60},
      {"9223372036854774784", 9223372036854774784u},
  };
  for (const SizeCase& c : cases) {
    const absl::StatusOr<uint64_t> size = ParseSize(c.text);
    ASSERT_TRUE(size.ok()) << c.text << ": " << size.status();
    EXPECT_EQ(*size, c.bytes) << c.text;
  }
}

TEST(SizeTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           "M",
                           "-1",
                           "+1",
                           "4 M",
                           " 4M",
                           "4X",
                           "4Mi",
                           "4iB",
                           "4MM",
                           ".5G",
                           "5.G",
                           "1.2.3G",
                           "1.5",
                           "1.5b",
                           "8E",
                           "9999999999999999999999",
                           "0x10",
                           "1e3",
                           "inf",
                           "nan"}) {
    const absl::StatusOr<uint64_t> size = ParseSize(text);
    EXPECT_EQ(size.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(SizeTest, FormatsForPeople) {
  EXPECT_EQ(FormatSize(0), "0 B");
  EXPECT_EQ(FormatSize(1023), "1023 B");
  EXPECT_EQ(FormatSize(1024), "1.0 KiB");
  EXPECT_EQ(FormatSize(1536), "1.5 KiB");
  EXPECT_EQ(FormatSize((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(FormatSize(uint64_t{12} << 30), "12.0 GiB");
  EXPECT_EQ(FormatSize(UINT64_MAX), "16.0 EiB");
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatDuration(0.42), "0.42 s");
  EXPECT_EQ(FormatDuration(9.999), "10.0 s");
  EXPECT_EQ(FormatDuration(12.34), "12.3 s");
  EXPECT_EQ(FormatDuration(59.96), "1 min 00 s");
  EXPECT_EQ(FormatDuration(125), "2 min 05 s");
  EXPECT_EQ(FormatDuration(3725), "1 h 02 min");
}

}  // namespace
}  // namespace ingot
