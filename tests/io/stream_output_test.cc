// Outputs that are streams.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "io/aligned_buffer.h"
#include "io/fd.h"
#include "io/file_stat.h"
#include "io/interruption.h"
#include "io/output.h"
#include "tests/testing.h"

namespace ingot::io {
namespace {

class StreamOutputTest : public testing::Test {
 protected:
  // A stream into a file of the scratch directory.
  std::unique_ptr<Output> IntoFile(const std::string& name) {
    file_ = Fd(open((scratch_ / name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    return NewStreamOutput(file_.get(), name);
  }
  // A small tar archive in one zstd frame.
  std::string CompressedArchive() {
    const ShellResult made =
        Shell("cd " + scratch_.path() +
              " && echo content > member && tar -cf - member | zstd -q > a.zst");
    EXPECT_EQ(made.exit_code, 0) << made.error;
    return ReadFile(scratch_ / "a.zst");
  }

  ScratchDirectory scratch_;
  Fd file_;
};

TEST_F(StreamOutputTest, AnInterruptionIsHeardWhileTheReaderTakesNothing) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Fd reader(ends[0]), writer(ends[1]);
  std::unique_ptr<Output> output = NewStreamOutput(writer.get(), "a pipe");
  EXPECT_EQ(output->identity(), std::make_pair(uint64_t{0}, uint64_t{0}));
  std::thread interruption([] {
    absl::SleepFor(absl::Milliseconds(300));
    SetInterrupted(true);
  });
  const std::string more_than_a_pipe_holds(4 << 20, 'x');
  EXPECT_TRUE(absl::IsCancelled(output->AppendTail(more_than_a_pipe_holds)));
  interruption.join();
  output->Abandon();  // returns although nobody reads
  SetInterrupted(false);
}

TEST_F(StreamOutputTest, WritesWhatItGetsInOrder) {
  std::unique_ptr<Output> output = IntoFile("out");
  AlignedBuffer data(8192);
  std::fill(data.data(), data.data() + data.size(), 'd');
  bool written = false;
  output->Append(absl::MakeSpan(data.data(), data.size()), [&written](const absl::Status& status) {
    EXPECT_OK(status);
    written = true;
  });
  EXPECT_TRUE(written);
  EXPECT_OK(output->AppendTail(std::string("tail")));
  EXPECT_EQ(output->size(), 8196u);
  const absl::StatusOr<FileStat> file = StatPath(scratch_ / "out");
  ASSERT_OK(file);
  EXPECT_EQ(output->identity(), std::make_pair(file->device, file->inode));
  EXPECT_FALSE(output->CanPatch());
  EXPECT_FALSE(output->Patch(absl::MakeSpan(data.data(), data.size()), 0).ok());
  EXPECT_OK(output->Publish());
  output.reset();
  EXPECT_EQ(ReadFile(scratch_ / "out"), std::string(8192, 'd') + "tail");
}

TEST_F(StreamOutputTest, AbandonedStreamFailsEverywhere) {
  const std::string archive = CompressedArchive();
  const std::string read_it =
      "cd " + scratch_.path() + " && zstd -q -t < out && tar --zstd -tf out > names";
  {
    std::unique_ptr<Output> output = IntoFile("out");
    ASSERT_OK(output->AppendTail(archive));
    ASSERT_OK(output->Publish());
  }
  EXPECT_EQ(Shell(read_it).exit_code, 0);
  ASSERT_EQ(unlink((scratch_ / "out").c_str()), 0);
  {
    std::unique_ptr<Output> output = IntoFile("out");
    ASSERT_OK(output->AppendTail(archive));
  }
  EXPECT_EQ(ReadFile(scratch_ / "out"), archive + "\x28\xB5\x2F\xFD");
  EXPECT_NE(Shell("zstd -q -t < " + (scratch_ / "out")).exit_code, 0);
  EXPECT_NE(Shell("tar --zstd -tf " + (scratch_ / "out")).exit_code, 0);
}

// As when this process is killed between two frames.
TEST_F(StreamOutputTest, AStreamThatBreaksOffBetweenFramesFailsEverywhere) {
  const std::string in_scratch = "cd " + scratch_.path() + " && ";
  ASSERT_EQ(
      Shell(in_scratch + "seq 100 > a && seq 200 > b && tar -cf t a b && "
                         "head -c 1024 t | zstd -q > first && tail -c +1025 t | zstd -q > rest")
          .exit_code,
      0);
  std::unique_ptr<Output> output = IntoFile("out");
  ASSERT_OK(output->AppendTail(ReadFile(scratch_ / "first")));
  EXPECT_NE(Shell(in_scratch + "zstd -q -t out").exit_code, 0);
  EXPECT_NE(Shell(in_scratch + "tar --zstd -tf out").exit_code, 0);
  EXPECT_NE(Shell(in_scratch + "bsdtar -tf out").exit_code, 0);
  ASSERT_OK(output->AppendTail(ReadFile(scratch_ / "rest")));
  ASSERT_OK(output->Publish());
  EXPECT_EQ(ReadFile(scratch_ / "out"), ReadFile(scratch_ / "first") + ReadFile(scratch_ / "rest"));
  EXPECT_EQ(Shell(in_scratch + "zstd -q -t out && tar --zstd -tf out && bsdtar -tf out").output,
            "a\nb\na\nb\n");
}

TEST_F(StreamOutputTest, AbandonedBeforeTheFirstByteFailsToo) {
  std::unique_ptr<Output> output = IntoFile("out");
  output->Abandon();
  output.reset();
  EXPECT_EQ(ReadFile(scratch_ / "out"), "\x28\xB5\x2F\xFD");  // once
  EXPECT_NE(Shell("zstd -q -t < " + (scratch_ / "out")).exit_code, 0);
}

TEST_F(StreamOutputTest, FullDevice) {
  absl::StatusOr<std::unique_ptr<Output>> output =
      OpenOutputFile({.path = "/dev/full"}, TestEngine().get());
  ASSERT_OK(output);
  AlignedBuffer data(4096);
  std::fill(data.data(), data.data() + data.size(), 'd');
  absl::Status first;
  (*output)->Append(absl::MakeSpan(data.data(), data.size()),
                    [&first](const absl::Status& status) { first = status; });
  EXPECT_EQ(first.message(), "write /dev/full: No space left on device");
  EXPECT_EQ((*output)->AppendTail(std::string("x")), first);
  EXPECT_EQ((*output)->Publish(), first);
}

TEST_F(StreamOutputTest, NullDeviceIsAStreamEvenWithReplace) {
  absl::StatusOr<std::unique_ptr<Output>> output =
      OpenOutputFile({.path = "/dev/null", .replace = true}, TestEngine().get());
  ASSERT_OK(output);
  EXPECT_FALSE((*output)->CanPatch());
  EXPECT_OK((*output)->AppendTail(std::string("x")));
  EXPECT_OK((*output)->Publish());
  struct stat stat;
  ASSERT_EQ(lstat("/dev/null", &stat), 0);
  EXPECT_TRUE(S_ISCHR(stat.st_mode));
}

TEST_F(StreamOutputTest, PipeByName) {
  const std::string path = scratch_ / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = ReadFile(path); });
  absl::StatusOr<std::unique_ptr<Output>> output =
      OpenOutputFile({.path = path}, TestEngine().get());
  ASSERT_OK(output);
  const std::string large(1 << 20, 'p');  // more than a pipe holds
  EXPECT_OK((*output)->AppendTail(large));
  EXPECT_OK((*output)->Publish());
  output->reset();
  reader.join();
  EXPECT_TRUE(received == large);
}

TEST_F(StreamOutputTest, ReaderThatHasGoneIsAnError) {
  const auto before = signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd write_end(ends[1]);
  close(ends[0]);
  std::unique_ptr<Output> output = NewStreamOutput(write_end.get(), "standard output");
  const absl::Status status = output->AppendTail(std::string("xy"));
  EXPECT_EQ(status.message(), "write standard output: Broken pipe");
  EXPECT_EQ(output->Publish(), status);
  output.reset();
  signal(SIGPIPE, before);
}

TEST_F(StreamOutputTest, NonBlockingPipeIsWaitedFor) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const std::string data(1 << 20, 'n');
  size_t received = 0;
  std::thread reader([&] {
    std::string buffer(1000, '\0');
    while (true) {
      const ssize_t got = read(read_end.get(), buffer.data(), buffer.size());
      if (got == 0) return;
      if (got > 0) received += static_cast<size_t>(got);
    }
  });
  std::unique_ptr<Output> output = NewStreamOutput(write_end.get(), "pipe");
  EXPECT_OK(output->AppendTail(data));
  EXPECT_OK(output->Publish());
  output.reset();
  EXPECT_OK(write_end.Close("pipe"));
  reader.join();
  EXPECT_EQ(received, data.size());
}

}  // namespace
}  // namespace ingot::io
