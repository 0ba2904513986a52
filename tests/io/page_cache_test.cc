#include "io/page_cache.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "io/fd.h"
#include "tests/io/cold_file.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

class IsColdTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!file_.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
  }
  void Read(uint64_t offset, uint64_t length) {
    std::string data(length, '\0');
    // Without reading ahead.
    posix_fadvise(file_.get(), 0, 0, POSIX_FADV_RANDOM);
    ASSERT_EQ(pread(file_.get(), data.data(), length, static_cast<off_t>(offset)),
              static_cast<ssize_t>(length));
  }

  ColdFile file_{std::string(2 * kMiB + 100, 'x')};
};

TEST_F(IsColdTest, AskingReadsNothing) {
  EXPECT_TRUE(IsCold(file_.get(), 0, 2 * kMiB));
  EXPECT_TRUE(IsCold(file_.get(), 0, 2 * kMiB));
  EXPECT_TRUE(IsCold(file_.get(), 0, 100));
  EXPECT_TRUE(IsCold(file_.get(), kMiB, kMiB + 100));
}

TEST_F(IsColdTest, HalfDecides) {
  Read(0, kMiB / 4);
  EXPECT_TRUE(IsCold(file_.get(), 0, kMiB));
  EXPECT_FALSE(IsCold(file_.get(), 0, kMiB / 4));
  Read(kMiB / 4, kMiB / 4);
  EXPECT_FALSE(IsCold(file_.get(), 0, kMiB));
  EXPECT_TRUE(IsCold(file_.get(), kMiB, kMiB));
}

// Overlayfs has no pages of its own: they are those of the file below.
TEST_F(IsColdTest, CachedBelowAnOverlayIsNotCold) {
  if (geteuid() != 0) SKIP_OR_FAIL("only root may mount");
  const ScratchDirectory scratch;
  for (const char* name : {"lower", "other", "over"}) {
    std::filesystem::create_directory(scratch / name);
  }
  WriteFile(scratch / "lower/file", std::string(kMiB, 'x'));  // and so it is cached
  const std::string options = "lowerdir=" + (scratch / "lower") + ":" + (scratch / "other");
  if (mount("overlay", (scratch / "over").c_str(), "overlay", MS_RDONLY, options.c_str()) != 0) {
    SKIP_OR_FAIL("no overlayfs here");
  }
  {
    const Fd file(open((scratch / "over/file").c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(file.valid());
    EXPECT_FALSE(IsCold(file.get(), 0, kMiB));
  }
  EXPECT_EQ(umount((scratch / "over").c_str()), 0);
}

TEST_F(IsColdTest, WhatCannotBeToldIsNotCold) {
  EXPECT_FALSE(IsCold(-1, 0, kMiB));
  EXPECT_FALSE(IsCold(file_.get(), 0, 0));
}

}  // namespace
}  // namespace ingot::io
