#include "core/container/entry_header.h"

#include <string>
#include <vector>

#include "tests/core/container/container_fixture.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

// As the member itself says it; `patchable`: in the form that a dump's header has.
std::string Encoded(const Member& member, bool patchable = false) {
  const absl::StatusOr<std::string> header =
      patchable ? EncodePatchableTarHeader(member) : EncodeTarHeader(member);
  EXPECT_OK(header);
  return header.value_or("") + std::string(1024, '\0');
}

Member Plain() {
  Member member = RegularMember(std::string(120, 'n'), 700);
  member.user_name = "root";
  member.mtime = {-7, 250000000};
  return member;
}

TEST(EntryHeaderTest, SaysTheSameWithAndWithoutParsing) {
  Member with_xattrs = Plain();
  with_xattrs.xattrs = {{"user.a", "b"}};
  for (const Member& member :
       {Plain(), with_xattrs, DirectoryMember("d", 02755),
        SymlinkMember("s", std::string(200, 't')), HardLinkMember("h", "c")}) {
    const std::string stream = Encoded(member);
    const auto header = ReadEntryHeader(DeriveIndexEntry(member), stream);
    const auto parsed = ParseTarHeader(stream);
    ASSERT_OK(header);
    ASSERT_OK(parsed);
    EXPECT_EQ(header->header_bytes, parsed->header_bytes);
    EXPECT_EQ(header->content_bytes, parsed->content_bytes);
    EXPECT_EQ(DeriveIndexEntry(header->member), DeriveIndexEntry(parsed->member));
    EXPECT_EQ(header->member.xattrs, parsed->member.xattrs);
  }
}

TEST(EntryHeaderTest, TakesThePatchableForm) {
  const auto header = ReadEntryHeader(DeriveIndexEntry(Plain()), Encoded(Plain(), true));
  ASSERT_OK(header);
  EXPECT_EQ(header->content_bytes, 700u);
}

TEST(EntryHeaderTest, NamesWhatDiffers) {
  IndexEntry entry = DeriveIndexEntry(Plain());
  entry.mode ^= 0111;
  entry.mtime.nanoseconds += 1;
  const absl::Status status = ReadEntryHeader(entry, Encoded(Plain())).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("mode, mtime"));
}

TEST(EntryHeaderTest, EveryFlippedByteIsNoticed) {
  const IndexEntry entry = DeriveIndexEntry(Plain());
  const std::string stream = Encoded(Plain());
  const auto whole = ReadEntryHeader(entry, stream);
  ASSERT_OK(whole);
  for (size_t i = 0; i < whole->header_bytes; ++i) {
    std::string flipped = stream;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(ReadEntryHeader(entry, flipped).status())) << i;
  }
  EXPECT_TRUE(
      absl::IsDataLoss(ReadEntryHeader(entry, stream.substr(0, whole->header_bytes - 1)).status()));
}

}  // namespace
}  // namespace ingot
