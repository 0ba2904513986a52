#include "core/format/bytes.h"
#include "core/format/frame.h"
#include "tests/core/format/hex.h"
#include "tests/testing.h"

namespace ingot {
namespace {

FrameLabel Example() {
  FrameLabel label;
  label.stored_bytes = 1000;
  label.content_bytes = 4096;
  label.stored_digest = HashBytes(std::string(1000, 's'));
  label.continues = true;
  label.continued = true;
  label.member = HashBytes(std::string("database/dump.sql"));
  label.member_offset = 0x0102030405060708;
  return label;
}

std::string LabelBytes(const FrameLabel& label) {
  std::string out(static_cast<size_t>(LabelledFrameBytes(label.stored_bytes)), 'x');
  WriteLabel(label, absl::MakeSpan(out));
  EXPECT_EQ(out.substr(0, label.stored_bytes), std::string(label.stored_bytes, 'x'));
  return out.substr(label.stored_bytes);
}

// Sets bytes of the fixed part and makes its hash right again.
std::string Forged(std::string bytes, size_t at, const std::string& value) {
  bytes.replace(at, value.size(), value);
  StoreLittle<uint64_t>(HashBytes64(absl::MakeConstSpan(bytes).subspan(0, 96)), bytes.data() + 96);
  return bytes;
}

TEST(LabelTest, GoldenBytes) {
  const std::string bytes = LabelBytes(Example());
  ASSERT_EQ(bytes.size(), 4096u - 1000u);
  EXPECT_EQ(Hex(absl::MakeConstSpan(bytes).subspan(0, kLabelFixedBytes)),
            "5b2a4d18100c0000"  // skippable frame of 3088 bytes
            "49474c4202010300"  // IGLB, version, hash, flags
            "e803000000100000"
            "fc51338d3d96389d799d4be0cde62e53"
            "a44552db3ce9b03417ed0ee663b751d8"
            "0807060504030201"
            "000000000000000000000000000000000000000000000000"
            "0000000000000000"
            "9fc56a0ba1af3d57");
  EXPECT_EQ(bytes.find_first_not_of('\0', kLabelFixedBytes), std::string::npos);
}

TEST(LabelTest, WhatTellsASlicedMember) {
  const std::string facts("a\0\xff\xff\xff\xff\xff\xff\xff\xff\x05\x01\0\0", 14);
  EXPECT_EQ(SlicedMemberId("a", {-1, 0x105}), HashBytes(facts));
}

// An older ingot's.
TEST(LabelTest, VersionOneKnowsTheMemberByItsPath) {
  FrameLabel label = Example();
  label.version = 1;
  label.member = HashBytes(std::string("a"));
  const auto parsed = ParseLabel(LabelBytes(label), label.stored_bytes);
  ASSERT_OK(parsed);
  EXPECT_EQ(*parsed, label);
  EXPECT_TRUE(NamesMember(*parsed, "a", {1, 2}));
  EXPECT_FALSE(NamesMember(*parsed, "b", {1, 2}));
  label.version = 2;
  EXPECT_FALSE(NamesMember(label, "a", {1, 2}));
}

TEST(LabelTest, RoundTrip) {
  FrameLabel label = Example();
  EXPECT_EQ(*ParseLabel(LabelBytes(label), label.stored_bytes), label);
  label.continues = false;
  label.member_offset = 0;
  EXPECT_EQ(*ParseLabel(LabelBytes(label), label.stored_bytes), label);
  label.continued = false;
  label.member = {};
  EXPECT_EQ(*ParseLabel(LabelBytes(label), label.stored_bytes), label);
}

TEST(LabelTest, EndsAtTheNextBoundaryThatLeavesRoom) {
  EXPECT_EQ(LabelledFrameBytes(1), 4096u);
  EXPECT_EQ(LabelledFrameBytes(4096 - 104), 4096u);
  EXPECT_EQ(LabelledFrameBytes(4096 - 103), 8192u);
  EXPECT_EQ(LabelledFrameBytes(4096), 8192u);
  EXPECT_EQ(LabelledFrameBytesMax(4096) % kFrameAlignment, 0u);
  for (const uint32_t stored : {1u, 3991u, 3992u, 3993u, 4095u, 4096u, 4097u}) {
    FrameLabel label;
    label.stored_bytes = stored;
    label.content_bytes = 8192;
    EXPECT_EQ(*ParseLabel(LabelBytes(label), stored), label);
  }
}

TEST(LabelTest, NoticesEveryFlippedBit) {
  std::string bytes = LabelBytes(Example());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    EXPECT_EQ(ParseLabel(bytes, 1000).status().code(), absl::StatusCode::kDataLoss) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
  }
  EXPECT_OK(ParseLabel(bytes, 1000));
}

TEST(LabelTest, NoticesEveryTruncationAndWhatFollows) {
  const std::string bytes = LabelBytes(Example());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(ParseLabel(absl::MakeConstSpan(bytes).subspan(0, length), 1000).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(ParseLabel(bytes + std::string(4096, '\0'), 1000).ok());
}

TEST(LabelTest, BelongsToOneSizeOfFrame) {
  const std::string bytes = LabelBytes(Example());
  EXPECT_FALSE(ParseLabel(bytes, 999).ok());
  EXPECT_FALSE(ParseLabel(bytes, 1000 + 4096).ok());
}

// What a newer writer may put there must not be taken for what we know.
TEST(LabelTest, RefusesReservedValuesUnderARightHash) {
  const std::string bytes = LabelBytes(Example());
  ASSERT_OK(ParseLabel(Forged(bytes, 8, "IGLB"), 1000));
  EXPECT_THAT(ParseLabel(Forged(bytes, 12, "\x03"), 1000).status().ToString(),
              testing::HasSubstr("newer ingot"));
  EXPECT_FALSE(ParseLabel(Forged(bytes, 12, std::string(1, '\0')), 1000).ok());
  EXPECT_FALSE(ParseLabel(Forged(bytes, 13, "\x02"), 1000).ok());  // hash kind
  EXPECT_FALSE(ParseLabel(Forged(bytes, 14, "\x07"), 1000).ok());  // flags
  EXPECT_FALSE(ParseLabel(Forged(bytes, 64, "\x01"), 1000).ok());  // nonce
  EXPECT_FALSE(ParseLabel(Forged(bytes, 88, "\x01"), 1000).ok());  // reserved
}

TEST(LabelTest, RefusesFactsThatCannotBe) {
  const std::string bytes = LabelBytes(Example());
  EXPECT_FALSE(ParseLabel(Forged(bytes, 20, Unhex("00000000")), 1000).ok());  // no content
  EXPECT_FALSE(ParseLabel(Forged(bytes, 20, Unhex("01000004")), 1000).ok());  // 64 MiB and 1
  EXPECT_FALSE(
      ParseLabel(Forged(bytes, 20, Unhex("10000000")), 1000).ok());  // 1000 stored bytes for 16
  EXPECT_FALSE(ParseLabel(Forged(bytes, 14, Unhex("0200")), 1000)
                   .ok());  // an offset, but it begins the member
  EXPECT_FALSE(
      ParseLabel(Forged(bytes, 14, Unhex("0000")), 1000).ok());  // a member, but no slice of it
}

TEST(LabelTest, ItsFactsNeedNoZerosBehindThem) {
  std::string bytes = LabelBytes(Example());
  const absl::StatusOr<FrameLabel> whole = ParseLabel(bytes, 1000);
  ASSERT_OK(whole);
  bytes.back() = 'x';
  EXPECT_FALSE(ParseLabel(bytes, 1000).ok());
  const absl::StatusOr<FrameLabel> facts =
      ParseLabelFacts(absl::MakeConstSpan(bytes).first(kLabelFixedBytes));
  ASSERT_OK(facts);
  EXPECT_EQ(*facts, *whole);
  for (size_t at = 0; at < kLabelFixedBytes; ++at) {
    std::string flipped = bytes;
    flipped[at] ^= 1;
    EXPECT_FALSE(ParseLabelFacts(absl::MakeConstSpan(flipped).first(kLabelFixedBytes)).ok()) << at;
  }
}

}  // namespace
}  // namespace ingot
