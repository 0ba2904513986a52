// What is limited moves the same bytes, only later.
#include "io/limited_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <random>
#include <thread>

#include "io/aligned_buffer.h"
#include "io/fd.h"
#include "io/new_entry.h"
#include "io/output.h"
#include "io/readable_file.h"
#include "io/target_tree.h"
#include "tests/io/cold_file.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

constexpr uint64_t kRate = 1'000'000;
constexpr size_t kFileBytes = 1'234'567;  // many pieces, the last of them short

// Time passes only while somebody sleeps.
class FakeClock : public RateClock {
 public:
  uint64_t Nanoseconds() override { return now_; }
  void Sleep(uint64_t nanoseconds) override { now_ += nanoseconds; }
  double Seconds() const { return static_cast<double>(now_) / 1e9; }

 private:
  std::atomic<uint64_t> now_{0};
};

class LimitedIoTest : public testing::Test {
 protected:
  LimitedIoTest() {
    std::mt19937_64 random(1);
    for (char& byte : content_) byte = static_cast<char>(random());
  }

  // As long as the bytes take at this rate, but for what a bucket holds.
  void ExpectPaid(uint64_t bytes) {
    const double seconds = static_cast<double>(bytes) / kRate;
    EXPECT_GE(clock_->Seconds(),
              seconds - RateLimit::kBurstSeconds - RateLimit::kPieceSeconds - 0.001);
    EXPECT_LE(clock_->Seconds(), seconds + 0.001);
  }

  Fd OpenFile(int flags) { return Fd(open((scratch_ / "file").c_str(), flags | O_CLOEXEC, 0600)); }

  ScratchDirectory scratch_;
  std::string content_ = std::string(kFileBytes, '\0');
  std::unique_ptr<FakeClock> clock_ = std::make_unique<FakeClock>();
  std::unique_ptr<RateLimit> limit_ = std::make_unique<RateLimit>(kRate, clock_.get());
  std::unique_ptr<Engine> engine_ = TestEngine();
};

TEST_F(LimitedIoTest, ReadsOfAllSizesGiveWhatTheyWouldGive) {
  WriteFile(scratch_ / "file", content_);
  const std::unique_ptr<Engine> engine = LimitReads(TestEngine(), limit_.get());
  EXPECT_EQ(engine->name(), engine_->name());
  EXPECT_EQ(engine->reader_threads(), engine_->reader_threads());
  absl::StatusOr<std::unique_ptr<BatchReader>> reader = engine->NewBatchReader();
  ASSERT_OK(reader);
  const std::string path = scratch_ / "file";
  OpenRequest opens[] = {{AT_FDCWD, path.c_str(), O_RDONLY, 0}};
  (*reader)->Open(absl::MakeSpan(opens));
  const Fd file(opens[0].result);
  ASSERT_TRUE(file.valid());

  std::string whole(kFileBytes + 5000, '\0');  // more than there is
  std::vector<std::string> small(100, std::string(1000, '\0'));
  std::vector<ReadRequest> reads;
  for (size_t i = 0; i < small.size(); ++i) {
    if (i == 50) reads.push_back({file.get(), whole.data(), whole.size(), 0, 0});
    if (i == 70) reads.push_back({-1, whole.data(), 10, 0, 0});
    reads.push_back({file.get(), small[i].data(), small[i].size(), i * 1000, 0});
  }
  std::string past(100'000, '\0');
  reads.push_back({file.get(), past.data(), past.size(), kFileBytes + 1, 0});
  reads.push_back({-1, past.data(), past.size(), 0, 0});
  (*reader)->Read(absl::MakeSpan(reads));

  EXPECT_EQ(reads[50].result, static_cast<int64_t>(kFileBytes));
  EXPECT_TRUE(whole.compare(0, kFileBytes, content_) == 0);
  EXPECT_EQ(reads[71].result, -EBADF);
  EXPECT_EQ(reads[102].result, 0);
  EXPECT_EQ(reads[103].result, -EBADF);
  for (size_t i = 0; i < small.size(); ++i) EXPECT_EQ(small[i], content_.substr(i * 1000, 1000));
  // What lies past the end is asked for once, a piece of it.
  ExpectPaid(kFileBytes + 5000 + 100'000 + 10 + 2 * limit_->piece_bytes());
}

TEST_F(LimitedIoTest, PiecesOfAColdFileAreReadPastTheCache) {
  const ColdFile file(content_);
  if (!file.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
  const std::unique_ptr<Engine> engine = LimitReads(TestEngine(), limit_.get());
  absl::StatusOr<std::unique_ptr<BatchReader>> reader = engine->NewBatchReader();
  ASSERT_OK(reader);
  AlignedBuffer whole(kFileBytes + kDirectAlignment);
  ReadRequest read{.fd = file.get(),
                   .data = whole.data(),
                   .length = kFileBytes,
                   .may_bypass_cache = true,
                   .slack = kDirectAlignment};
  (*reader)->Read(absl::MakeSpan(&read, 1));
  EXPECT_EQ(read.result, static_cast<int64_t>(kFileBytes));
  EXPECT_TRUE(content_.compare(0, kFileBytes, whole.data(), kFileBytes) == 0);
  EXPECT_TRUE(IsCold(file.get(), 0, kFileBytes));
}

TEST_F(LimitedIoTest, ASplitWriteIsDoneOnce) {
  const Fd file = OpenFile(O_CREAT | O_WRONLY);
  absl::StatusOr<std::unique_ptr<WriteQueue>> queue =
      engine_->NewWriteQueue(file.get(), scratch_ / "file", 4);
  ASSERT_OK(queue);
  const std::unique_ptr<WriteQueue> limited = LimitWrites(*std::move(queue), limit_.get());
  std::atomic<int> done = 0;
  auto alive = std::make_shared<int>(0);
  const auto submit = [&](size_t offset, size_t length) {
    limited->Submit(absl::MakeSpan(content_).subspan(offset, length), offset,
                    [&done, alive](const absl::Status& status) {
                      EXPECT_OK(status);
                      ++done;
                    });
  };
  submit(0, 10'000);
  submit(10'000, 1'000'000);
  submit(1'010'000, kFileBytes - 1'010'000);
  limited->Drain();
  EXPECT_EQ(done, 3);
  EXPECT_EQ(alive.use_count(), 1);  // nothing that `done` holds is left
  EXPECT_TRUE(ReadFile(scratch_ / "file") == content_);
  ExpectPaid(kFileBytes);
}

TEST_F(LimitedIoTest, TheErrorOfAnyPieceIsTheWholeWrites) {
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  absl::StatusOr<std::unique_ptr<WriteQueue>> queue =
      engine_->NewWriteQueue(full.get(), "/dev/full", 4);
  ASSERT_OK(queue);
  const std::unique_ptr<WriteQueue> limited = LimitWrites(*std::move(queue), limit_.get());
  std::atomic<int> failed = 0;
  limited->Submit(content_, 0, [&failed](const absl::Status& status) {
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    ++failed;
  });
  limited->Drain();
  EXPECT_EQ(failed, 1);
}

TEST_F(LimitedIoTest, OutputsKeepToIt) {
  AlignedBuffer data(kFileBytes / kDirectAlignment * kDirectAlignment);
  std::copy_n(content_.data(), data.size(), data.data());
  const absl::Span<const char> tail = absl::MakeSpan(content_).subspan(data.size());
  for (const bool stream : {false, true}) {
    clock_ = std::make_unique<FakeClock>();
    limit_ = std::make_unique<RateLimit>(kRate, clock_.get());
    FakeClock read_clock;
    RateLimit read_limit(kRate, &read_clock);
    const Fd file = OpenFile(O_CREAT | O_WRONLY | O_TRUNC);
    std::unique_ptr<Output> output = NewStreamOutput(file.get(), "stream", limit_.get());
    if (!stream) {
      absl::StatusOr<std::unique_ptr<Output>> opened = OpenOutputFile({.path = scratch_ / "file",
                                                                       .replace = true,
                                                                       .write_limit = limit_.get(),
                                                                       .read_limit = &read_limit},
                                                                      engine_.get());
      ASSERT_OK(opened);
      output = *std::move(opened);
    }
    output->Append({data.data(), data.size()}, [](const absl::Status& s) { EXPECT_OK(s); });
    if (!stream) {
      AlignedBuffer back(data.size());
      ASSERT_OK(output->ReadBack(0, {back.data(), back.size()}));
      EXPECT_TRUE(std::equal(back.data(), back.data() + back.size(), content_.data()));
      EXPECT_GE(read_clock.Seconds(), 1.0);
    }
    ASSERT_OK(output->AppendTail(tail));
    ASSERT_OK(output->Publish());
    EXPECT_TRUE(ReadFile(scratch_ / "file") == content_);
    EXPECT_GE(clock_->Seconds(), 1.0);
  }
}

TEST_F(LimitedIoTest, AContainersReadsKeepToIt) {
  WriteFile(scratch_ / "file", content_);
  absl::StatusOr<ReadableFile> file = ReadableFile::Open(scratch_ / "file");
  ASSERT_OK(file);
  file->LimitReads(std::move(limit_));
  std::string got(kFileBytes - 7, '\0');
  ASSERT_OK(file->ReadAt(7, absl::MakeSpan(got)));
  EXPECT_TRUE(content_.compare(7, std::string::npos, got) == 0);
  EXPECT_GE(clock_->Seconds(), 1.0);
  EXPECT_TRUE(absl::IsOutOfRange(file->ReadAt(8, absl::MakeSpan(got))));
}

TEST_F(LimitedIoTest, RestoredFilesKeepToIt) {
  absl::StatusOr<std::unique_ptr<TargetTree>> tree = TargetTree::Open(scratch_.path());
  ASSERT_OK(tree);
  absl::StatusOr<SharedFd> parent = (*tree)->OpenDirectory("");
  ASSERT_OK(parent);
  absl::StatusOr<NewEntry> entry = NewEntry::File(
      {.parent = *parent, .name = "file", .path = scratch_ / "file", .write_limit = limit_.get()});
  ASSERT_OK(entry);
  ASSERT_OK(entry->WriteAt(0, content_));
  ASSERT_OK(entry->Commit());
  EXPECT_TRUE(ReadFile(scratch_ / "file") == content_);
  ExpectPaid(kFileBytes);
}

// Without it this would take two hours.
TEST_F(LimitedIoTest, ReleaseEndsAReadThatIsUnderWay) {
  WriteFile(scratch_ / "file", content_);
  RateLimit limit(167);
  const std::unique_ptr<Engine> engine = LimitReads(TestEngine(), &limit);
  absl::StatusOr<std::unique_ptr<BatchReader>> reader = engine->NewBatchReader();
  ASSERT_OK(reader);
  const Fd file = OpenFile(O_RDONLY);
  std::string got(kFileBytes, '\0');
  std::thread reading([&] {
    ReadRequest read{file.get(), got.data(), got.size(), 0, 0};
    (*reader)->Read(absl::MakeSpan(&read, 1));
    EXPECT_EQ(read.result, static_cast<int64_t>(kFileBytes));
  });
  limit.Release();
  reading.join();
  EXPECT_TRUE(got == content_);
}

}  // namespace
}  // namespace ingot::io
