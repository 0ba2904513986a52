#include "core/format/pax.h"

#include "tests/testing.h"

namespace ingot {
namespace {

std::string Record(const std::string& keyword, const std::string& value) {
  std::string out;
  AppendPaxRecord(keyword, value, &out);
  return out;
}

TEST(PaxTest, LengthsCountTheirOwnDigits) {
  EXPECT_EQ(Record("mtime", "-1.5"), "14 mtime=-1.5\n");
  EXPECT_EQ(Record("a", "b"), "6 a=b\n");
  EXPECT_EQ(Record("a", "bcde"), "9 a=bcde\n");
  EXPECT_EQ(Record("a", "bcdef"), "11 a=bcdef\n");
  for (size_t length = 0; length < 1100; ++length) {
    const std::string record = Record("k", std::string(length, 'v'));
    EXPECT_EQ(std::to_string(record.size()), record.substr(0, record.find(' ')));
  }
}

TEST(PaxTest, ParsesRecordsWithAnyBytes) {
  const std::string value("\0\n=7 x=y\n", 9);
  const std::string data = Record("first", value) + Record("second", "");
  const absl::StatusOr<std::vector<PaxRecord>> records = ParsePaxRecords(data);
  ASSERT_OK(records);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].keyword, "first");
  EXPECT_EQ((*records)[0].value, value);
  EXPECT_EQ((*records)[1].keyword, "second");
  EXPECT_EQ((*records)[1].value, "");
}

TEST(PaxTest, RefusesBrokenRecords) {
  for (const char* data :
       {"x", "6 a=bX", "7 a=b\n", "5 a=b\n", " a=b\n", "-6 a=b\n", "4 a\n", "0 a=b\n", "2 ", "1 \n",
        "99999999999999999999999 a=b\n", "18446744073709551615 a=b\n"}) {
    EXPECT_EQ(ParsePaxRecords(data).status().code(), absl::StatusCode::kDataLoss) << data;
  }
}

TEST(PaxTest, Decimals) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("00012"), 12u);
  EXPECT_EQ(ParseDecimal("18446744073709551615"), UINT64_MAX);
  for (const char* text :
       {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(text), std::nullopt) << text;
  }
}

TEST(PaxTest, Times) {
  const std::pair<io::Timestamp, const char*> cases[] = {
      {{0, 0}, "0"},
      {{0, 1}, "0.000000001"},
      {{12, 340'000'000}, "12.34"},
      {{-1, 0}, "-1"},
      {{-1, 500'000'000}, "-0.5"},
      {{-2, 500'000'000}, "-1.5"},
      {{-2, 999'999'999}, "-1.000000001"},
      {{INT64_MAX, 999'999'999}, "9223372036854775807.999999999"},
      {{INT64_MIN, 0}, "-9223372036854775808"},
      {{INT64_MIN, 999'999'999}, "-9223372036854775807.000000001"},
  };
  for (const auto& [time, text] : cases) {
    EXPECT_EQ(FormatPaxTime(time), text);
    EXPECT_EQ(ParsePaxTime(text), time) << text;
  }
}

TEST(PaxTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "-", ".", "1.", ".5", "1.0000000001", "--1", "1.-5", "1e3", "9223372036854775808",
        "-9223372036854775809", "-9223372036854775808.5"}) {
    EXPECT_EQ(ParsePaxTime(text), std::nullopt) << text;
  }
}

TEST(PaxTest, XattrNamesInKeywords) {
  EXPECT_EQ(EscapeXattrName("user.a=b%3D"), "user.a%3Db%253D");
  EXPECT_EQ(UnescapeXattrName("user.a%3Db%253D"), "user.a=b%3D");
}

}  // namespace
}  // namespace ingot
