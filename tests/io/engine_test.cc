// Both engines give the same answers; each run tests one of them (tests/testing.h).
#include "io/engine.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <thread>
#include <vector>

#include "io/aligned_buffer.h"
#include "io/fd.h"
#include "io/page_cache.h"
#include "io/reopen.h"
#include "tests/io/cold_file.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

constexpr uid_t kNobody = 65534;

Fd OpenFor(const std::string& path, int flags) {
  return Fd(open(path.c_str(), flags | O_CLOEXEC, 0600));
}

class BatchReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<BatchReader>> reader = engine_->NewBatchReader();
    ASSERT_OK(reader);
    reader_ = *std::move(reader);
  }
  int64_t ReadOne(const ReadRequest& request) {
    // Two, since one alone may take a short cut.
    std::string other(4, '\0');
    ReadRequest requests[] = {request, request};
    requests[1].data = other.data();
    requests[1].length = std::min<uint64_t>(other.size(), request.length);
    reader_->Read(absl::MakeSpan(requests));
    return requests[0].result;
  }

  ScratchDirectory scratch_;
  std::unique_ptr<Engine> engine_ = TestEngine();
  std::unique_ptr<BatchReader> reader_;
};

TEST_F(BatchReaderTest, ThousandOpensOfWhichSomeFail) {
  constexpr size_t kCount = 1000;
  const Fd directory = OpenFor(scratch_.path(), O_RDONLY | O_DIRECTORY);
  std::vector<std::string> names;
  for (size_t i = 0; i < kCount; ++i) {
    names.push_back("file " + std::to_string(i));
    if (i % 7 == 0) continue;  // missing
    if (i % 7 == 1) {
      ASSERT_EQ(symlink("file 2", (scratch_ / names[i]).c_str()), 0);
    } else {
      WriteFile(scratch_ / names[i], names[i]);
    }
  }
  std::vector<OpenRequest> opens(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    opens[i] = {.directory_fd = directory.get(),
                .name = names[i].c_str(),
                .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME};
  }
  reader_->Open(absl::MakeSpan(opens));

  std::vector<Fd> files;
  std::vector<std::string> contents(kCount, std::string(100, '\0'));
  std::vector<ReadRequest> reads(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    if (i % 7 == 0) {
      EXPECT_EQ(opens[i].result, -ENOENT);
    } else if (i % 7 == 1) {
      EXPECT_EQ(opens[i].result, -ELOOP);
    } else {
      ASSERT_GE(opens[i].result, 0) << strerror(-opens[i].result);
      files.emplace_back(opens[i].result);
      EXPECT_EQ(fcntl(opens[i].result, F_GETFD), FD_CLOEXEC);
    }
    reads[i] = {.fd = opens[i].result, .data = contents[i].data(), .length = 100, .offset = 1};
  }
  reader_->Read(absl::MakeSpan(reads));
  for (size_t i = 0; i < kCount; ++i) {
    if (i % 7 < 2) {
      EXPECT_EQ(reads[i].result, -EBADF);
    } else {
      EXPECT_EQ(contents[i].substr(0, static_cast<size_t>(reads[i].result)), names[i].substr(1));
    }
  }
}

TEST_F(BatchReaderTest, NothingAndOneAreBatchesToo) {
  reader_->Open({});
  reader_->Read({});
  WriteFile(scratch_ / "file", "content");
  const std::string path = scratch_ / "file";
  OpenRequest open{.directory_fd = AT_FDCWD, .name = path.c_str(), .flags = O_RDONLY};
  reader_->Open(absl::MakeSpan(&open, 1));
  ASSERT_GE(open.result, 0);
  const Fd file(open.result);
  std::string data(20, '\0');
  ReadRequest read{.fd = file.get(), .data = data.data(), .length = 20, .offset = 0};
  reader_->Read(absl::MakeSpan(&read, 1));
  EXPECT_EQ(read.result, 7);
  EXPECT_EQ(data.substr(0, 7), "content");
}

TEST_F(BatchReaderTest, ReadsEndAtTheEndOfTheFile) {
  WriteFile(scratch_ / "file", "0123456789");
  const Fd file = OpenFor(scratch_ / "file", O_RDONLY);
  std::string data(100, '\0');
  EXPECT_EQ(ReadOne({.fd = file.get(), .data = data.data(), .length = 100, .offset = 4}), 6);
  EXPECT_EQ(data.substr(0, 6), "456789");
  EXPECT_EQ(ReadOne({.fd = file.get(), .data = data.data(), .length = 100, .offset = 10}), 0);
  EXPECT_EQ(ReadOne({.fd = file.get(), .data = data.data(), .length = 100, .offset = 99}), 0);
  EXPECT_EQ(ReadOne({.fd = file.get(), .data = data.data(), .length = 0, .offset = 0}), 0);
  EXPECT_EQ(ReadOne({.fd = file.get(), .data = data.data(), .length = 10, .offset = 0}), 10);
}

TEST_F(BatchReaderTest, ErrorsAreNegativeErrno) {
  const Fd directory = OpenFor(scratch_.path(), O_RDONLY | O_DIRECTORY);
  std::string data(10, '\0');
  EXPECT_EQ(ReadOne({.fd = directory.get(), .data = data.data(), .length = 10}), -EISDIR);
  EXPECT_EQ(ReadOne({.fd = -1, .data = data.data(), .length = 10}), -EBADF);
}

TEST_F(BatchReaderTest, DirectReadsUpToAnOddEnd) {
  for (const size_t size : {4096 * 3, 4096 * 3 + 5, 4096 * 2 + 512, 100}) {
    const std::string content(size, 'd');
    WriteFile(scratch_ / "file", content);
    const Fd file = OpenFor(scratch_ / "file", O_RDONLY | O_DIRECT);
    if (!file.valid()) SKIP_OR_FAIL("the scratch directory has no direct I/O");
    AlignedBuffer buffer(1 << 16);
    AlignedBuffer second(1 << 16);
    ReadRequest requests[] = {
        {.fd = file.get(), .data = buffer.data(), .length = buffer.size()},
        {.fd = file.get(), .data = second.data(), .length = second.size(), .offset = 4096}};
    reader_->Read(absl::MakeSpan(requests));
    EXPECT_EQ(requests[0].result, static_cast<int64_t>(size));
    EXPECT_EQ(std::string(buffer.data(), size), content);
    EXPECT_EQ(requests[1].result, size < 4096 ? 0 : static_cast<int64_t>(size - 4096));
  }
}

// Reads the file twice at once, into memory that begins at an odd sector, as tar members do.
class PastTheCacheTest : public BatchReaderTest {
 protected:
  static constexpr size_t kBegin = 512 * 3;
  static constexpr size_t kTotal = 1 << 20;

  void Read(int fd, size_t length, size_t slack) {
    std::memset(buffer_.data(), '#', kTotal);
    std::memset(second_.data(), '#', kTotal);
    std::vector<ReadRequest> requests;
    for (AlignedBuffer* buffer : {&buffer_, &second_}) {
      requests.push_back({.fd = fd,
                          .data = buffer->data() + kBegin,
                          .length = length,
                          .may_bypass_cache = true,
                          .slack = slack});
    }
    reader_->Read(absl::MakeSpan(requests));
    EXPECT_EQ(requests[0].result, requests[1].result);
    result_ = requests[0].result;
  }

  std::string Got(size_t offset, size_t length) const {
    const std::string got(buffer_.data() + kBegin + offset, length);
    EXPECT_EQ(got, std::string(second_.data() + kBegin + offset, length));
    return got;
  }

  AlignedBuffer buffer_{kTotal};
  AlignedBuffer second_{kTotal};
  int64_t result_ = 0;
};

std::string Letters(size_t size) {
  std::string letters(size, ' ');
  for (size_t i = 0; i < size; ++i) letters[i] = static_cast<char>('a' + i % 23);
  return letters;
}

bool IsDirect(int fd) { return (fcntl(fd, F_GETFL) & O_DIRECT) != 0; }

TEST_F(PastTheCacheTest, ColdFilesStayCold) {
  for (const size_t size : {1, 511, 512, 5'000, 100'000, 512 * 1000}) {
    const std::string content = Letters(size);
    const ColdFile file(content);
    if (!file.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
    const size_t slack = RoundUp(size, 512) - size;
    Read(file.get(), size, slack);
    EXPECT_EQ(result_, static_cast<int64_t>(size));
    EXPECT_EQ(Got(0, size), content);
    EXPECT_EQ(Got(size + slack, 100), std::string(100, '#'));
    EXPECT_TRUE(IsCold(file.get(), 0, size));
  }
}

// As slices of a large member are: by several threads, some of it cached, the tail no whole sector.
TEST_F(PastTheCacheTest, ReadersThatShareAFileDoNotDisturbEachOther) {
  constexpr size_t kPiece = 128 << 10;
  constexpr size_t kPieces = 8;
  const std::string content = Letters(kPieces * kPiece - 100);
  for (int round = 0; round < 20; ++round) {
    const ColdFile file(content);
    if (!file.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
    const Fd direct = ReopenDirect(file.get());
    ASSERT_TRUE(direct.valid());
    char warm[1];
    ASSERT_EQ(posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM), 0);
    for (size_t at = (kPieces - 1) * kPiece; at < content.size(); at += 4096) {
      ASSERT_EQ(pread(file.get(), warm, 1, static_cast<off_t>(at)), 1);
    }
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kPieces; ++i) {
      threads.emplace_back([&, i] {
        absl::StatusOr<std::unique_ptr<BatchReader>> reader = engine_->NewBatchReader();
        ASSERT_OK(reader);
        AlignedBuffer buffer(kPiece);
        const absl::string_view expected = absl::string_view(content).substr(i * kPiece, kPiece);
        ReadRequest request{.fd = file.get(),
                            .data = buffer.data(),
                            .length = expected.size(),
                            .offset = i * kPiece,
                            .may_bypass_cache = true,
                            .direct_fd = direct.get()};
        (*reader)->Read(absl::MakeSpan(&request, 1));
        EXPECT_EQ(request.result, static_cast<int64_t>(expected.size()));
        EXPECT_EQ(absl::string_view(buffer.data(), expected.size()), expected);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(IsDirect(file.get()));  // whoever reads what is cached relies on it
    EXPECT_TRUE(IsCold(file.get(), 0, (kPieces - 1) * kPiece));
  }
}

TEST_F(PastTheCacheTest, CachedFilesAreCopied) {
  const std::string content = Letters(100'000);
  const ColdFile file(content);
  std::string warm(content.size(), '\0');
  ASSERT_EQ(pread(file.get(), warm.data(), warm.size(), 0), static_cast<ssize_t>(warm.size()));
  Read(file.get(), content.size(), 512);
  EXPECT_EQ(result_, static_cast<int64_t>(content.size()));
  EXPECT_EQ(Got(0, content.size()), content);
  EXPECT_FALSE(IsDirect(file.get()));
  EXPECT_FALSE(IsCold(file.get(), 0, content.size()));
}

TEST_F(PastTheCacheTest, NothingIsWrittenPastTheSlack) {
  const std::string content = Letters(100'000);
  const ColdFile file(content);
  if (!file.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
  Read(file.get(), 99'000, 0);  // more of the file follows in the sector
  EXPECT_EQ(result_, 99'000);
  EXPECT_EQ(Got(0, 99'000), content.substr(0, 99'000));
  EXPECT_EQ(Got(99'000, 100), std::string(100, '#'));
}

TEST_F(PastTheCacheTest, SizesOtherThanExpected) {
  const std::string content = Letters(100'000);
  const ColdFile grown(content);
  if (!grown.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
  Read(grown.get(), 99'900, 512 - 99'900 % 512);
  EXPECT_EQ(result_, 99'900);
  EXPECT_EQ(Got(0, 99'900), content.substr(0, 99'900));
  const ColdFile shrunk(content);
  if (!shrunk.dropped()) SKIP_OR_FAIL("the scratch directory's pages cannot be dropped");
  Read(shrunk.get(), 200'192, 0);
  EXPECT_EQ(result_, 100'000);
  EXPECT_EQ(Got(0, 100'000), content);
}

TEST_F(PastTheCacheTest, AFileWithoutDirectReadsIsReadAllTheSame) {
  const Fd memory(memfd_create("memory", MFD_CLOEXEC));
  const std::string content = Letters(100'000);
  ASSERT_EQ(write(memory.get(), content.data(), content.size()),
            static_cast<ssize_t>(content.size()));
  Read(memory.get(), content.size(), 512);
  EXPECT_EQ(result_, static_cast<int64_t>(content.size()));
  EXPECT_EQ(Got(0, content.size()), content);
}

TEST_F(BatchReaderTest, MoreThanOneCallReads) {
  // 1 GiB of hole and three bytes, into the same 64 MiB of memory over and over.
  constexpr uint64_t kHole = uint64_t{1} << 30;
  constexpr size_t kWindow = size_t{64} << 20;
  constexpr size_t kWindows = kHole / kWindow + 1;
  const Fd file(memfd_create("large", MFD_CLOEXEC));  // whose holes take no page cache
  ASSERT_EQ(pwrite(file.get(), "end", 3, kHole), 3);
  const Fd memory(memfd_create("window", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(memory.get(), kWindow), 0);
  char* const base = static_cast<char*>(
      mmap(nullptr, kWindow * kWindows, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(base, MAP_FAILED);
  for (size_t i = 0; i < kWindows; ++i) {
    ASSERT_NE(mmap(base + i * kWindow, kWindow, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                   memory.get(), 0),
              MAP_FAILED);
  }
  EXPECT_EQ(ReadOne({.fd = file.get(), .data = base, .length = kWindow * kWindows}),
            static_cast<int64_t>(kHole + 3));
  EXPECT_EQ(std::string(base, 3), "end");
  munmap(base, kWindow * kWindows);
}

// Ends the (forked) process with 0 when files of others can be opened in spite of O_NOATIME.
[[noreturn]] void OpenOthersFiles() {
  if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) exit(10);
  const int flags = O_RDONLY | O_NOATIME;
  if (open("/etc/passwd", flags) >= 0 || errno != EPERM) exit(11);
  std::unique_ptr<Engine> engine = TestEngine();
  absl::StatusOr<std::unique_ptr<BatchReader>> reader = engine->NewBatchReader();
  if (!reader.ok()) exit(12);
  for (const size_t count : {1, 3}) {
    std::vector<OpenRequest> requests(
        count, {.directory_fd = AT_FDCWD, .name = "/etc/passwd", .flags = flags});
    (*reader)->Open(absl::MakeSpan(requests));
    for (const OpenRequest& request : requests) {
      if (request.result < 0) exit(13);
    }
  }
  exit(0);
}

using BatchReaderDeathTest = BatchReaderTest;

TEST_F(BatchReaderDeathTest, NoAccessTimeOnlyWherePermitted) {
  EXPECT_EXIT(OpenOthersFiles(), testing::ExitedWithCode(0), "");
}

TEST_F(BatchReaderTest, WaitsForALease) {
  // What Samba holds on files: an open that may not wait gets EAGAIN until the lease is given back.
  const std::string path = scratch_ / "leased";
  WriteFile(path, "x");
  const auto before = signal(SIGIO, SIG_IGN);  // how the kernel asks for the lease
  Fd holder = OpenFor(path, O_RDWR);
  if (fcntl(holder.get(), F_SETLEASE, F_WRLCK) != 0) {
    SKIP_OR_FAIL("the scratch directory has no leases");
  }
  ASSERT_LT(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), 0);
  ASSERT_EQ(errno, EAGAIN);
  std::thread giving_back([&holder] {
    usleep(50'000);
    fcntl(holder.get(), F_SETLEASE, F_UNLCK);
  });
  std::vector<OpenRequest> requests(
      2, {.directory_fd = AT_FDCWD, .name = path.c_str(), .flags = O_RDONLY | O_NONBLOCK});
  reader_->Open(absl::MakeSpan(requests));
  giving_back.join();
  for (const OpenRequest& request : requests) {
    EXPECT_GE(request.result, 0) << strerror(-request.result);
    close(request.result);
  }
  signal(SIGIO, before);
}

TEST(EngineTest, HasTheNameAskedFor) {
  const std::unique_ptr<Engine> engine = TestEngine();
  EXPECT_EQ(engine->name(), TestEngineName());
  EXPECT_GE(engine->reader_threads(), 1);
}

TEST(EngineTest, ReadersOfManyThreads) {
  const std::unique_ptr<Engine> engine = TestEngine();
  ScratchDirectory scratch;
  WriteFile(scratch / "file", std::string(10'000, 'x'));
  const Fd file = OpenFor(scratch / "file", O_RDONLY);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    // Made by one thread, used by another.
    absl::StatusOr<std::unique_ptr<BatchReader>> reader = engine->NewBatchReader();
    ASSERT_OK(reader);
    threads.emplace_back([reader = *std::move(reader), fd = file.get()] {
      std::vector<char> data(200 * 100);
      std::vector<ReadRequest> requests;
      for (size_t k = 0; k < 200; ++k) {
        requests.push_back(
            {.fd = fd, .data = data.data() + k * 100, .length = 100, .offset = k * 10});
      }
      for (int round = 0; round < 5; ++round) reader->Read(absl::MakeSpan(requests));
      for (const ReadRequest& request : requests) EXPECT_EQ(request.result, 100);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// From now on io_uring_setup(2) fails in this process.
void ForbidRings(uint32_t error_number) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog filter = {.len = 4, .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) exit(10);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) exit(11);
}

[[noreturn]] void FallBack(int error_number, const char* expected_reason) {
  ForbidRings(static_cast<uint32_t>(error_number));
  std::string reason;
  const absl::StatusOr<std::unique_ptr<Engine>> automatic = NewEngine(EngineKind::kAuto, &reason);
  if (!automatic.ok() || (*automatic)->name() != "posix") exit(12);
  if (reason.find(expected_reason) == std::string::npos) exit(13);
  if (reason.find('\n') != std::string::npos) exit(14);
  const absl::StatusOr<std::unique_ptr<Engine>> uring = NewEngine(EngineKind::kUring, &reason);
  if (uring.ok() || uring.status().message().find(expected_reason) == absl::string_view::npos) {
    exit(15);
  }
  const absl::StatusOr<std::unique_ptr<Engine>> posix = NewEngine(EngineKind::kPosix, &reason);
  if (!posix.ok() || !reason.empty()) exit(16);
  exit(0);
}

TEST(EngineDeathTest, FallsBackWhereRingsAreForbidden) {
  EXPECT_EXIT(FallBack(EPERM, "kernel.io_uring_disabled"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(FallBack(ENOSYS, "this kernel has no io_uring"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(FallBack(ENOMEM, "ulimit -l"), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ingot::io
