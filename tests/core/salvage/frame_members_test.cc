#include "core/salvage/frame_members.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/format/tar.h"
#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

std::string Header(const Member& member) { return *EncodeTarHeader(member); }
std::string File(const std::string& path, const std::string& content) {
  return absl::StrCat(Header(RegularMember(path, content.size())), content,
                      std::string(TarPadding(content.size()), '\0'));
}

TEST(FrameMembersTest, WholeMembers) {
  const std::string content =
      absl::StrCat(Header(DirectoryMember("d")), File("d/a", "alpha"), File("d/b", ""));
  const FrameLabel label;
  const FrameMembers members = ReadFrameMembers(&label, content);
  ASSERT_EQ(members.whole.size(), 3u);
  EXPECT_EQ(members.whole[1].path, "d/a");
  EXPECT_EQ(members.whole[1].digest, HashBytes(std::string("alpha")));
  EXPECT_EQ(members.whole[1].frame_offset, Header(DirectoryMember("d")).size());
  EXPECT_EQ(members.whole[2].size, 0u);
  EXPECT_FALSE(members.head.has_value());
  EXPECT_EQ(members.parsed_bytes, content.size());
}

TEST(FrameMembersTest, TheHeadOfASlicedMember) {
  const Member big = RegularMember("big", 3 << 20);
  const std::string content = Header(big) + Noise(1 << 20);
  FrameLabel label;
  label.continued = true;
  label.member = SlicedMemberId(big.path, big.mtime);
  for (const bool with_label : {true, false}) {
    const FrameMembers members = ReadFrameMembers(with_label ? &label : nullptr, content);
    EXPECT_TRUE(members.whole.empty());
    ASSERT_TRUE(members.head.has_value());
    EXPECT_EQ(members.head->path, "big");
    EXPECT_EQ(members.head_bytes, uint32_t{1} << 20);
    EXPECT_EQ(members.parsed_bytes, content.size());
  }
  // A label that says otherwise.
  label.member = SlicedMemberId("another", big.mtime);
  EXPECT_EQ(ReadFrameMembers(&label, content).parsed_bytes, 0u);
  label.member = SlicedMemberId(big.path, {big.mtime.seconds, big.mtime.nanoseconds + 1});
  EXPECT_EQ(ReadFrameMembers(&label, content).parsed_bytes, 0u);
  const FrameLabel uncontinued;
  EXPECT_EQ(ReadFrameMembers(&uncontinued, content).parsed_bytes, 0u);
}

TEST(FrameMembersTest, TheHeadOfAStreamThatWasCutOff) {
  const Member dump = RegularMember("dump", 0);
  const std::string before = Header(DirectoryMember("d"));
  FrameLabel label;
  label.continued = true;
  label.member = SlicedMemberId(dump.path, dump.mtime);
  const FrameMembers members = ReadFrameMembers(&label, before + Header(dump));
  EXPECT_EQ(members.whole.size(), 1u);
  ASSERT_TRUE(members.head.has_value());
  EXPECT_EQ(members.head->path, "dump");
  // No member of that name, or one that ends here: nothing goes on.
  EXPECT_EQ(ReadFrameMembers(&label, before).parsed_bytes, 0u);
  const std::string ended = Header(RegularMember("dump", 512)) + Noise(512);
  EXPECT_EQ(ReadFrameMembers(&label, before + ended).parsed_bytes, before.size());
  // What was whole before something that is no member stays.
  EXPECT_EQ(ReadFrameMembers(&label, before + std::string(512, 'x')).whole.size(), 1u);
}

TEST(FrameMembersTest, ASliceHoldsNone) {
  FrameLabel label;
  label.continues = true;
  const std::string content = File("not/a/member", "but content that looks like one");
  const FrameMembers members = ReadFrameMembers(&label, content);
  EXPECT_TRUE(members.whole.empty());
  EXPECT_EQ(members.parsed_bytes, content.size());
}

TEST(FrameMembersTest, StopsWhereIngotWouldNotHaveWrittenIt) {
  const std::string good = File("a", "alpha");
  const FrameLabel label;
  for (const std::string& bad :
       {std::string(512, '\0'), std::string("x"), File("b", "beta").substr(0, 600), Noise(512)}) {
    const FrameMembers members = ReadFrameMembers(&label, good + bad);
    EXPECT_EQ(members.whole.size(), 1u);
    EXPECT_EQ(members.parsed_bytes, good.size());
  }
}

}  // namespace
}  // namespace ingot
