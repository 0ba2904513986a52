// Outputs that become files.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "io/aligned_buffer.h"
#include "io/fd.h"
#include "io/file_stat.h"
#include "io/output.h"
#include "tests/io/mounted_tmpfs.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

constexpr size_t kBlock = kDirectAlignment;
constexpr size_t kMiB = size_t{1} << 20;

size_t EntriesIn(const std::string& directory) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
  return count;
}

AlignedBuffer Filled(size_t bytes, char byte) {
  AlignedBuffer buffer(bytes);
  std::memset(buffer.data(), byte, buffer.size());
  return buffer;
}

class FileOutputTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Output>> Open(bool replace = false) {
    return OpenOutputFile({.path = path_, .replace = replace}, engine_.get());
  }
  std::unique_ptr<Output> MustOpen(bool replace = false) {
    absl::StatusOr<std::unique_ptr<Output>> output = Open(replace);
    if (!output.ok()) {
      ADD_FAILURE() << output.status();
      std::abort();
    }
    return *std::move(output);
  }

  ScratchDirectory scratch_;
  std::string path_ = scratch_ / "backup.tar.zst";
  std::unique_ptr<Engine> engine_ = TestEngine();
};

void ExpectWritten(const absl::Status& status) { EXPECT_OK(status); }

TEST_F(FileOutputTest, HasItsNameOnlyWhenPublished) {
  const AlignedBuffer data = Filled(kMiB, 'a');
  std::unique_ptr<Output> output = MustOpen();
  output->Append(absl::MakeSpan(data.data(), data.size()), ExpectWritten);
  EXPECT_EQ(EntriesIn(scratch_.path()), 0u);
  EXPECT_EQ(output->size(), kMiB);
  const std::pair<uint64_t, uint64_t> identity = output->identity();
  EXPECT_OK(output->Publish());
  EXPECT_EQ(ReadFile(path_), std::string(kMiB, 'a'));
  EXPECT_EQ(EntriesIn(scratch_.path()), 1u);
  const absl::StatusOr<FileStat> stat = StatPath(path_);
  ASSERT_OK(stat);
  EXPECT_EQ(identity, std::make_pair(stat->device, stat->inode));
  EXPECT_EQ(stat->mode & 07777, 0600u);
  // Nothing of what was allocated ahead is left.
  EXPECT_LE(stat->blocks_512 * 512, kMiB + 16 * kBlock);
  output.reset();
  EXPECT_EQ(EntriesIn(scratch_.path()), 1u);
}

TEST_F(FileOutputTest, ManyAppendsInFlightKeepTheirOrder) {
  std::mt19937 random(3);
  std::string expected;
  std::vector<AlignedBuffer> buffers;
  std::atomic<int> finished = 0;
  std::unique_ptr<Output> output = MustOpen();
  for (int i = 0; i < 200; ++i) {
    const size_t bytes = kBlock * (1 + random() % 40);
    buffers.push_back(Filled(bytes, static_cast<char>(random())));
    expected.append(buffers.back().data(), bytes);
    output->Append(absl::MakeSpan(buffers.back().data(), bytes), [&](const absl::Status& status) {
      EXPECT_OK(status);
      ++finished;
    });
  }
  ASSERT_OK(output->Publish());
  EXPECT_EQ(finished, 200);
  EXPECT_TRUE(ReadFile(path_) == expected);
}

TEST_F(FileOutputTest, TailsAreExact) {
  for (const size_t appended : {size_t{0}, 2 * kBlock}) {
    for (const size_t tail : {size_t{0}, size_t{1}, kBlock - 1, kBlock, kBlock + 1, 2 * kBlock,
                              kMiB - 1, kMiB, kMiB + 1, 3 * kMiB + 5}) {
      SCOPED_TRACE(absl::StrCat(appended, " + ", tail));
      const AlignedBuffer data = Filled(2 * kBlock, 'd');
      std::string content(tail, '\0');
      for (size_t i = 0; i < tail; ++i) content[i] = static_cast<char>('a' + i % 23);
      std::unique_ptr<Output> output = MustOpen(true);
      if (appended > 0) output->Append(absl::MakeSpan(data.data(), appended), ExpectWritten);
      // In two pieces, the first of an odd length.
      const size_t first = std::min(tail, size_t{777});
      ASSERT_OK(output->AppendTail(absl::MakeSpan(content).first(first)));
      ASSERT_OK(output->AppendTail(absl::MakeSpan(content).subspan(first)));
      EXPECT_EQ(output->size(), appended + tail);
      ASSERT_OK(output->Publish());
      EXPECT_TRUE(ReadFile(path_) == std::string(appended, 'd') + content);
    }
  }
}

TEST_F(FileOutputTest, PatchReplacesWhatWasAppended) {
  const AlignedBuffer data = Filled(8 * kBlock, 'd');
  const AlignedBuffer patch = Filled(2 * kBlock, 'p');
  std::unique_ptr<Output> output = MustOpen();
  ASSERT_TRUE(output->CanPatch());
  output->Append(absl::MakeSpan(data.data(), data.size()), ExpectWritten);
  EXPECT_OK(output->Patch(absl::MakeSpan(patch.data(), patch.size()), 3 * kBlock));
  output->Append(absl::MakeSpan(data.data(), kBlock), ExpectWritten);
  EXPECT_EQ(output->size(), 9 * kBlock);
  ASSERT_OK(output->Publish());
  EXPECT_TRUE(ReadFile(path_) == std::string(3 * kBlock, 'd') + std::string(2 * kBlock, 'p') +
                                     std::string(4 * kBlock, 'd'));
}

TEST_F(FileOutputTest, UnpublishedLeavesNothing) {
  const AlignedBuffer data = Filled(kMiB, 'a');
  {
    std::unique_ptr<Output> output = MustOpen();
    output->Append(absl::MakeSpan(data.data(), data.size()), ExpectWritten);
  }
  EXPECT_EQ(EntriesIn(scratch_.path()), 0u);
  {
    std::unique_ptr<Output> output = MustOpen();
    output->Append(absl::MakeSpan(data.data(), data.size()), ExpectWritten);
    output->Abandon();
    EXPECT_EQ(EntriesIn(scratch_.path()), 0u);
  }
  EXPECT_EQ(EntriesIn(scratch_.path()), 0u);
}

TEST_F(FileOutputTest, TakenNameIsRefusedAndKept) {
  WriteFile(path_, "precious");
  EXPECT_TRUE(absl::IsAlreadyExists(Open().status()));
  ASSERT_EQ(unlink(path_.c_str()), 0);
  // Taken while we write.
  std::unique_ptr<Output> output = MustOpen();
  ASSERT_OK(output->AppendTail(std::string("new")));
  WriteFile(path_, "precious");
  const absl::Status status = output->Publish();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(path_));
  output.reset();
  EXPECT_EQ(ReadFile(path_), "precious");
  EXPECT_EQ(EntriesIn(scratch_.path()), 1u);
}

TEST_F(FileOutputTest, DanglingLinkIsATakenName) {
  ASSERT_EQ(symlink("nowhere", path_.c_str()), 0);
  EXPECT_TRUE(absl::IsAlreadyExists(Open().status()));
  EXPECT_FALSE(Open(true).ok());
}

TEST_F(FileOutputTest, ReplacesInOneStep) {
  WriteFile(path_, "old");
  const Fd old(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  std::unique_ptr<Output> output = MustOpen(true);
  ASSERT_OK(output->AppendTail(std::string("new content")));
  EXPECT_EQ(ReadFile(path_), "old");
  EXPECT_EQ(EntriesIn(scratch_.path()), 1u);
  ASSERT_OK(output->Publish());
  EXPECT_EQ(ReadFile(path_), "new content");
  EXPECT_EQ(EntriesIn(scratch_.path()), 1u);
  char kept[4] = {};
  EXPECT_EQ(pread(old.get(), kept, 3, 0), 3);
  EXPECT_STREQ(kept, "old");
}

TEST_F(FileOutputTest, FailedReplacementKeepsTheOldFile) {
  WriteFile(path_, "old");
  { std::unique_ptr<Output> output = MustOpen(true); }
  EXPECT_EQ(ReadFile(path_), "old");
  EXPECT_EQ(EntriesIn(scratch_.path()), 1u);
}

TEST_F(FileOutputTest, ReplacesWhatALinkLeadsTo) {
  ASSERT_EQ(mkdir((scratch_ / "elsewhere").c_str(), 0700), 0);
  WriteFile(scratch_ / "elsewhere/target", "old");
  ASSERT_EQ(symlink("elsewhere/target", path_.c_str()), 0);
  std::unique_ptr<Output> output = MustOpen(true);
  ASSERT_OK(output->AppendTail(std::string("new")));
  ASSERT_OK(output->Publish());
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(ReadFile(scratch_ / "elsewhere/target"), "new");
}

TEST_F(FileOutputTest, ModeIsExactWhateverTheUmask) {
  for (const mode_t mask : {0, 077, 0777}) {
    for (const uint32_t mode : {0600u, 0644u, 0666u}) {
      const mode_t before = umask(mask);
      absl::StatusOr<std::unique_ptr<Output>> output =
          OpenOutputFile({.path = path_, .replace = true, .mode = mode}, engine_.get());
      const absl::Status status = output.ok() ? (*output)->Publish() : output.status();
      umask(before);
      ASSERT_OK(status);
      EXPECT_EQ(StatPath(path_)->mode & 07777, mode);
    }
  }
}

TEST_F(FileOutputTest, RelativePaths) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch_.path());
  absl::StatusOr<std::unique_ptr<Output>> output = OpenOutputFile({.path = "plain"}, engine_.get());
  std::filesystem::current_path(before);  // the directory was opened, not its name remembered
  ASSERT_OK(output);
  ASSERT_OK((*output)->AppendTail(std::string("x")));
  ASSERT_OK((*output)->Publish());
  EXPECT_EQ(ReadFile(scratch_ / "plain"), "x");
}

TEST_F(FileOutputTest, PathsThatCannotBe) {
  path_ = scratch_ / "missing/file";
  const absl::Status missing = Open().status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), testing::HasSubstr(path_));
  path_ = scratch_.path();
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Open(true).status().code(), absl::StatusCode::kFailedPrecondition);
  path_ = scratch_ / "name/";
  EXPECT_FALSE(Open().ok());
  path_ = scratch_ / std::string(300, 'n');
  EXPECT_FALSE(Open().ok());
  path_ = "";
  EXPECT_FALSE(Open().ok());
  WriteFile(scratch_ / "file", "");
  path_ = scratch_ / "file/below";
  EXPECT_TRUE(absl::IsNotFound(Open().status()));
}

TEST_F(FileOutputTest, DirectoryThatIsNotWritable) {
  path_ = "/proc/backup";  // for root too
  EXPECT_FALSE(Open().ok());
  if (geteuid() == 0) return;
  path_ = "/etc/backup";
  EXPECT_TRUE(absl::IsPermissionDenied(Open().status()));
}

TEST_F(FileOutputTest, BlockDeviceIsRefused) {
  path_ = scratch_ / "block";
  if (mknod(path_.c_str(), S_IFBLK | 0600, makedev(7, 250)) != 0) {
    SKIP_OR_FAIL("making a device node needs root");
  }
  EXPECT_EQ(Open(true).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FileOutputTest, FullDiskIsOneClearErrorAndLeavesNothing) {
  MountedTmpfs small(4 * kMiB);
  if (!small.mounted()) SKIP_OR_FAIL("mounting a file system needs root");
  path_ = small / "backup";
  const AlignedBuffer data = Filled(kMiB, 'a');
  std::atomic<int> failed = 0;
  std::atomic<int> finished = 0;
  std::unique_ptr<Output> output = MustOpen();
  for (int i = 0; i < 20; ++i) {
    output->Append(absl::MakeSpan(data.data(), data.size()), [&](const absl::Status& status) {
      if (absl::IsResourceExhausted(status)) ++failed;
      ++finished;
    });
  }
  const absl::Status tail = output->AppendTail(std::string("tail"));
  const absl::Status status = output->Publish();
  EXPECT_EQ(finished, 20);
  EXPECT_GE(failed, 16);
  for (const absl::Status& told : {tail, status}) {
    EXPECT_EQ(told.message(), absl::StrCat("write ", path_, ": No space left on device"));
  }
  output.reset();
  EXPECT_EQ(EntriesIn(small.path()), 0u);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
}

TEST_F(FileOutputTest, AlmostFullDiskIsNoError) {
  MountedTmpfs small(4 * kMiB);
  if (!small.mounted()) SKIP_OR_FAIL("mounting a file system needs root");
  path_ = small / "backup";
  const AlignedBuffer data = Filled(3 * kMiB, 'a');
  std::unique_ptr<Output> output = MustOpen();
  output->Append(absl::MakeSpan(data.data(), data.size()), ExpectWritten);
  EXPECT_OK(output->Publish());
  EXPECT_EQ(StatPath(path_)->size, 3 * kMiB);
}

TEST_F(FileOutputTest, AfterAnErrorAppendsEndAtOnce) {
  MountedTmpfs small(kMiB);
  if (!small.mounted()) SKIP_OR_FAIL("mounting a file system needs root");
  path_ = small / "backup";
  const AlignedBuffer data = Filled(2 * kMiB, 'a');
  std::unique_ptr<Output> output = MustOpen();
  output->Append(absl::MakeSpan(data.data(), data.size()), [](const absl::Status&) {});
  const AlignedBuffer patch = Filled(kBlock, 'p');
  EXPECT_TRUE(
      absl::IsResourceExhausted(output->Patch(absl::MakeSpan(patch.data(), patch.size()), 0)));
  absl::Status later;
  output->Append(absl::MakeSpan(data.data(), kBlock),
                 [&later](const absl::Status& status) { later = status; });
  EXPECT_TRUE(absl::IsResourceExhausted(later));
}

}  // namespace
}  // namespace ingot::io
