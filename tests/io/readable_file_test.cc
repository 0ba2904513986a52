// What is read past the page cache is what the file holds.
#include "io/readable_file.h"

#include <cstring>

#include "io/aligned_buffer.h"
#include "tests/io/cold_file.h"
#include "tests/io/mounted_tmpfs.h"

namespace ingot::io {
namespace {

constexpr size_t kBlock = kDirectAlignment;
constexpr size_t kBlocks = 100;

class ReadableFileTest : public testing::Test {
 protected:
  ReadableFileTest() {
    for (size_t i = 0; i < content_.size(); ++i) content_[i] = static_cast<char>(i * 7 + i / 251);
  }

  void ExpectRead(const ReadableFile& file, uint64_t offset, size_t bytes, size_t memory_offset) {
    AlignedBuffer buffer(bytes + 2 * kBlock);
    std::memset(buffer.data(), '#', buffer.size());
    char* const out = buffer.data() + memory_offset;
    EXPECT_OK(file.ReadAt(offset, absl::MakeSpan(out, bytes)));
    EXPECT_TRUE(content_.compare(offset, bytes, out, bytes) == 0) << offset << " " << bytes;
    EXPECT_EQ(out[bytes], '#');
  }

  std::string content_ = std::string(kBlocks * kBlock + 100, '\0');
};

TEST_F(ReadableFileTest, WholeBlocksStayOutOfTheCache) {
  const ColdFile cold(content_);
  if (!cold.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
  absl::StatusOr<ReadableFile> file = ReadableFile::Open(cold.path());
  ASSERT_OK(file);
  ExpectRead(*file, 0, kBlocks * kBlock, 0);
  ExpectRead(*file, 7 * kBlock, 5 * kBlock, kBlock);
  EXPECT_TRUE(IsCold(cold.get(), 0, content_.size()));
}

TEST_F(ReadableFileTest, AnyPieceIsRead) {
  for (const size_t offset : {size_t{0}, size_t{1}, kBlock, kBlock + 512}) {
    for (const size_t bytes : {size_t{1}, kBlock, 3 * kBlock + 1, kBlocks * kBlock - 2 * kBlock}) {
      for (const size_t memory_offset : {size_t{0}, size_t{1}}) {
        const ColdFile cold(content_);
        if (!cold.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
        absl::StatusOr<ReadableFile> file = ReadableFile::Open(cold.path());
        ASSERT_OK(file);
        ExpectRead(*file, offset, bytes, memory_offset);
      }
    }
  }
}

TEST_F(ReadableFileTest, WithoutDirectReadsAllTheSame) {
  const MountedTmpfs tmpfs(4 << 20);
  if (!tmpfs.mounted()) SKIP_OR_FAIL("mounting a file system needs root");
  WriteFile(tmpfs / "file", content_);
  absl::StatusOr<ReadableFile> file = ReadableFile::Open(tmpfs / "file");
  ASSERT_OK(file);
  ExpectRead(*file, 0, kBlocks * kBlock, 0);
}

TEST_F(ReadableFileTest, PastTheEndIsOutOfRange) {
  const ColdFile cold(content_);
  if (!cold.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
  absl::StatusOr<ReadableFile> file = ReadableFile::Open(cold.path());
  ASSERT_OK(file);
  AlignedBuffer buffer(2 * kBlock);
  EXPECT_TRUE(absl::IsOutOfRange(
      file->ReadAt(kBlocks * kBlock, absl::MakeSpan(buffer.data(), buffer.size()))));
  // It became shorter: told by direct reads as by others.
  ASSERT_EQ(truncate(cold.path().c_str(), 10 * kBlock), 0);
  EXPECT_TRUE(
      absl::IsOutOfRange(file->ReadAt(9 * kBlock, absl::MakeSpan(buffer.data(), buffer.size()))));
}

}  // namespace
}  // namespace ingot::io
