#include "io/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "tests/testing.h"

namespace ingot::io {
namespace {

std::string ReadAll(const Spool& spool) {
  std::string out(spool.size(), '\0');
  EXPECT_OK(spool.Read(0, absl::MakeSpan(out)));
  return out;
}

TEST(SpoolTest, SameBytesInMemoryAndSpilled) {
  ScratchDirectory scratch;
  for (const uint64_t memory_bytes_max : {uint64_t{0}, uint64_t{1000}, uint64_t{1} << 30}) {
    Spool spool(scratch.path(), memory_bytes_max);
    std::string expected;
    for (int i = 0; i < 500; ++i) {
      const std::string piece(static_cast<size_t>(i % 37), static_cast<char>('a' + i % 26));
      ASSERT_OK(spool.Append(piece));
      expected += piece;
      ASSERT_EQ(spool.size(), expected.size());
    }
    EXPECT_EQ(ReadAll(spool), expected);
    std::string middle(100, '\0');
    ASSERT_OK(spool.Read(777, absl::MakeSpan(middle)));
    EXPECT_EQ(middle, expected.substr(777, 100));
  }
}

TEST(SpoolTest, TheFileHasNoName) {
  ScratchDirectory scratch;
  Spool spool(scratch.path(), 10);
  ASSERT_OK(spool.Append(std::string(100, 'x')));
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(SpoolTest, MemoryNeedsNoDirectory) {
  Spool spool("/nowhere", 10);
  EXPECT_OK(spool.Append(std::string(10, 'x')));
  const absl::Status spilled = spool.Append(std::string("y"));
  EXPECT_TRUE(absl::IsNotFound(spilled)) << spilled;
  EXPECT_THAT(std::string(spilled.message()), testing::HasSubstr("/nowhere"));
  EXPECT_EQ(ReadAll(spool), std::string(10, 'x'));  // what was there is still there
}

TEST(SpoolTest, PastTheEndIsOutOfRange) {
  ScratchDirectory scratch;
  for (const uint64_t memory_bytes_max : {0, 1000}) {
    Spool spool(scratch.path(), memory_bytes_max);
    ASSERT_OK(spool.Append(std::string("12345")));
    std::string out(3, '\0');
    EXPECT_OK(spool.Read(2, absl::MakeSpan(out)));
    EXPECT_TRUE(absl::IsOutOfRange(spool.Read(3, absl::MakeSpan(out))));
    EXPECT_TRUE(absl::IsOutOfRange(spool.Read(~uint64_t{0}, absl::MakeSpan(out))));
    EXPECT_OK(spool.Read(5, absl::Span<char>()));
  }
}

TEST(FreeBytesTest, TellsOrNamesThePath) {
  const absl::StatusOr<uint64_t> free_bytes = FreeBytes("/tmp");
  ASSERT_OK(free_bytes);
  EXPECT_GT(*free_bytes, 0u);
  EXPECT_TRUE(absl::IsNotFound(FreeBytes("/nowhere").status()));
}

}  // namespace
}  // namespace ingot::io
