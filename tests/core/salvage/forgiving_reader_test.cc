#include "core/salvage/forgiving_reader.h"

#include <string>

#include "tests/testing.h"

namespace ingot {
namespace {

// A disk of 'd' with a bad sector at each of some places.
class BadDisk {
 public:
  explicit BadDisk(std::vector<uint64_t> bad) : bad_(std::move(bad)) {}
  absl::Status Read(uint64_t offset, absl::Span<char> out) const {
    for (const uint64_t at : bad_) {
      if (at >= offset && at < offset + out.size()) return absl::InternalError("EIO");
    }
    std::fill(out.begin(), out.end(), 'd');
    return absl::OkStatus();
  }

 private:
  std::vector<uint64_t> bad_;
};

TEST(ForgivingReaderTest, LosesNoMoreThanItMust) {
  const BadDisk disk({5000, 5001, 20000});
  ForgivingReader reader(
      [&disk](uint64_t offset, absl::Span<char> out) { return disk.Read(offset, out); });
  std::string out(30000, 'x');
  ASSERT_OK(reader.ReadAt(100, absl::MakeSpan(out)));
  std::string expected(30000, 'd');
  expected.replace(4096 - 100, 4096, 4096, '\0');
  expected.replace(16384 - 100, 4096, 4096, '\0');
  EXPECT_EQ(out, expected);
  EXPECT_EQ(reader.unreadable_bytes(), 8192u);
  // Read once more, it is not counted once more.
  ASSERT_OK(reader.ReadAt(4096, absl::MakeSpan(out).first(4096)));
  EXPECT_EQ(reader.unreadable_bytes(), 8192u);
}

TEST(ForgivingReaderTest, EndsWhereReadingOnIsOfNoUse) {
  for (const absl::Status& error : {absl::CancelledError("^C"), absl::OutOfRangeError("shrunk")}) {
    int reads = 0;
    ForgivingReader reader([&](uint64_t, absl::Span<char>) {
      ++reads;
      return error;
    });
    std::string out(100'000, 'x');
    EXPECT_EQ(reader.ReadAt(0, absl::MakeSpan(out)), error);
    EXPECT_EQ(reads, 1);
  }
}

}  // namespace
}  // namespace ingot
