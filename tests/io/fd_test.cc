#include "io/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/testing.h"

namespace ingot::io {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(FdTest, ClosesAtTheEndOfItsScope) {
  int number = -1;
  {
    Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = fd.get();
    ASSERT_TRUE(fd.valid());
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(FdTest, MovingHandsOver) {
  Fd first(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Fd second(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const int kept = first.get();
  const int closed = second.get();
  second = std::move(first);
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.get(), kept);
  EXPECT_TRUE(IsOpen(kept));
  EXPECT_FALSE(IsOpen(closed));
}

TEST(FdTest, CloseTellsErrors) {
  Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  close(fd.get());
  const absl::Status status = fd.Close("/some/path");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("/some/path"));
  EXPECT_FALSE(fd.valid());
  EXPECT_OK(fd.Close("/some/path"));  // nothing left to close
}

TEST(FdTest, ReleaseLeavesItOpen) {
  Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = fd.Release();
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(IsOpen(number));
  close(number);
}

}  // namespace
}  // namespace ingot::io
