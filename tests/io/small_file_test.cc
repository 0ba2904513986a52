#include "io/small_file.h"

#include "tests/testing.h"

namespace ingot::io {
namespace {

TEST(SmallFileTest, IsReadWhole) {
  const ScratchDirectory scratch;
  const std::string content(100'000, 'x');
  WriteFile(scratch / "f", content);
  EXPECT_EQ(ReadSmallFile(scratch / "f", content.size()).value(), content);
  WriteFile(scratch / "empty", "");
  EXPECT_EQ(ReadSmallFile(scratch / "empty", 0).value(), "");
}

TEST(SmallFileTest, OneThatIsTooLongIsRefused) {
  const ScratchDirectory scratch;
  WriteFile(scratch / "f", "1234");
  const absl::Status status = ReadSmallFile(scratch / "f", 3).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), testing::HasSubstr("f is larger than 3 bytes"));
}

TEST(SmallFileTest, ErrorsNameIt) {
  const ScratchDirectory scratch;
  const absl::Status missing = ReadSmallFile(scratch / "f", 3).status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(missing.message(), testing::HasSubstr("open " + (scratch / "f")));
  const absl::Status directory = ReadSmallFile(scratch.path(), 3).status();
  EXPECT_FALSE(directory.ok());
  EXPECT_THAT(directory.message(), testing::HasSubstr("read " + scratch.path()));
}

}  // namespace
}  // namespace ingot::io
