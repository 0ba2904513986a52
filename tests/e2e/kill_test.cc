// The real program, ended at every moment of its work by kill -9, SIGTERM, SIGINT and SIGHUP:
// nothing that looks like a backup is left, what was there before stays, and the next run goes on
// as if nothing had been.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/command.h"
#include "tests/e2e/running_command.h"

namespace ingot {
namespace {

constexpr uint64_t kRounds = 8;
constexpr uint64_t kRestoreRounds = 4;  // each waits for the disk
constexpr char kFile[] = "f.tar.zst";

// From a thread, again and again.
class Repeatedly {
 public:
  explicit Repeatedly(std::function<void()> act)
      : thread_([this, act = std::move(act)] {
          while (!stop_) act();
        }) {}
  ~Repeatedly() {
    stop_ = true;
    thread_.join();
  }
  Repeatedly(const Repeatedly&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// What `| cat > path` is: a pipe that a program writes to, and what came out of it.
class PipeIntoFile {
 public:
  explicit PipeIntoFile(std::string path) : path_(std::move(path)) {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    reader_ = std::thread([this] {
      std::string buffer(1 << 16, '\0');
      std::ofstream file(path_, std::ios::binary | std::ios::trunc);
      for (ssize_t got; (got = read(ends_[0], buffer.data(), buffer.size())) > 0;)
        file.write(buffer.data(), got);
    });
  }
  ~PipeIntoFile() { Finish(); }
  PipeIntoFile(const PipeIntoFile&) = delete;

  // For a child to open.
  std::string entrance() const { return absl::StrCat("/proc/self/fd/", ends_[1]); }
  // REQUIRES: the program that writes has ended.
  void Finish() {
    if (!reader_.joinable()) return;
    close(ends_[1]);
    reader_.join();
    close(ends_[0]);
  }

 private:
  const std::string path_;
  int ends_[2] = {-1, -1};
  std::thread reader_;
};

class KillTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        Succeeds(in_scratch_ +
                 "mkdir target tree && for i in {1..40}; do mkdir tree/d$i; for j in {1..8}; "
                 "do echo $i $j > tree/d$i/f$j; done; done; head -c 9000000 /dev/urandom > "
                 "tree/large; seq 400000 > tree/text; ln tree/text tree/link; ln -s text "
                 "tree/symlink; mkfifo tree/fifo; truncate -s 9M tree/sparse; chmod 500 "
                 "tree/d7; chmod 4751 tree/d8/f1; touch -d 2001-02-03 tree/d*"));
  }

  struct Round {
    int signal = 0;
    int exit_code = 0;
    std::string error;
    bool interrupted() const { return signal != SIGKILL && exit_code == 130; }
    bool killed() const { return signal != 0 && exit_code == -signal; }
    bool done() const { return exit_code == 0; }
  };

  // `before` each round, then the command, ended at a moment spread over all of its work, then
  // `check`.
  void Sweep(const std::vector<std::string>& arguments, const std::function<void()>& before,
             const std::function<void(const Round&)>& check, uint64_t usual_rounds = kRounds) {
    const uint64_t rounds = SweepRounds(usual_rounds);
    before();
    RunningCommand whole(arguments, scratch_.path(), output_, scratch_ / "error");
    double work = whole.AwaitProcessorSeconds(3600);
    ASSERT_EQ(whole.Wait(), 0) << ReadFile(scratch_ / "error");
    check({0, 0, ReadFile(scratch_ / "error")});
    std::mt19937_64 random(SweepSeed());
    std::map<std::string, uint64_t> counts;
    for (uint64_t number = 0; number < rounds && !HasFailure(); ++number) {
      const double moment = std::uniform_real_distribution<double>(0, 1.1 * work)(random);
      // Beside work there is waiting, for the disk above all, at the end.
      const absl::Duration later = absl::Microseconds(random() % 2 == 0 ? 0 : random() % 8000);
      constexpr int kSignals[] = {SIGKILL, SIGKILL, SIGKILL, SIGTERM, SIGINT, SIGHUP};
      const int signal = kSignals[random() % std::size(kSignals)];
      SCOPED_TRACE(absl::StrCat("seed ", SweepSeed(), ", round ", number, ", signal ", signal,
                                " after ", moment, " s of work and ", absl::FormatDuration(later)));
      before();
      RunningCommand command(arguments, scratch_.path(), output_, scratch_ / "error");
      const double used = command.AwaitProcessorSeconds(moment);
      if (command.HasEnded()) work = (work + used) / 2;  // other load makes it more or less
      absl::SleepFor(later);
      const bool begun = command.Catches(SIGHUP);
      command.Signal(signal);
      const Round round{signal, command.Wait(), ReadFile(scratch_ / "error")};
      EXPECT_TRUE(round.done() || round.killed() || round.interrupted())
          << round.exit_code << ": " << round.error;
      // Only before main() installs its handlers a signal is as good as kill -9.
      EXPECT_TRUE(!round.killed() || signal == SIGKILL || !begun) << round.exit_code;
      if (round.interrupted()) {
        EXPECT_THAT(round.error, testing::EndsWith("ingot: error: interrupted\n"));
      }
      EXPECT_TRUE(AllEndIn(scratch_.path(), absl::Seconds(5))) << "something still runs";
      check(round);
      ++counts[round.done() ? "done" : round.killed() ? "killed" : "interrupted"];
    }
    std::cout << "seed " << SweepSeed();
    for (const auto& [outcome, count] : counts) std::cout << ", " << count << " " << outcome;
    std::cout << "\n";
    EXPECT_GT(counts["killed"] + counts["interrupted"], rounds / 4);
  }

  std::vector<std::string> Create(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {INGOT_BINARY, "create", "--io", TestEngineName(), "-q"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  void EmptyTarget() {
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "target"))
      std::filesystem::remove(entry.path());
  }
  // What is in the target but hidden temporary files, which only kill -9 may leave.
  static bool IsTemporary(const std::string& name) {
    return absl::StartsWith(name, ".ingot-") && absl::EndsWith(name, ".tmp");
  }
  std::vector<std::string> Target(bool hidden_allowed) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "target")) {
      const std::string name = entry.path().filename();
      if (!IsTemporary(name) || !hidden_allowed) names.push_back(name);
    }
    return names;
  }
  void ExpectWhole(const std::string& path) {
    EXPECT_TRUE(Succeeds(IngotCommand() + "verify -q " + path));
  }
  // Nothing or, when the name had already been given, all of it.
  void CheckNewFile(const Round& round) {
    const std::vector<std::string> names = Target(round.killed());
    if (names.empty() && !round.done()) return;
    EXPECT_FALSE(round.interrupted());
    ASSERT_EQ(names, std::vector<std::string>{kFile});
    ExpectWhole(scratch_ / "target/f.tar.zst");
  }
  void CheckReplacedFile(const Round& round) {
    ASSERT_EQ(Target(round.killed()), std::vector<std::string>{kFile});
    const std::string path = scratch_ / "target/f.tar.zst";
    if (!round.done() && ReadFile(path) == "old\n") return;
    EXPECT_FALSE(round.interrupted());
    ExpectWhole(path);
  }
  // None of the programs takes what is there for a whole archive.
  void CheckStream(const std::string& path, const Round& round) {
    if (round.done()) return ExpectWhole(path);
    const int verified = Shell(IngotCommand() + "verify -q " + path).exit_code;
    if (round.killed() && verified == 0) return;  // after its last byte
    EXPECT_EQ(verified, 4);
    // After kill -9 it may end with a frame: zstd cannot know that there were more.
    if (round.interrupted()) {
      EXPECT_NE(Shell("zstd -q -t " + path).exit_code, 0);
    }
    // tar reads no further than to the end of the archive, behind which there is only our index.
    const ShellResult listed = Shell("tar --zstd -tf " + path);
    if (listed.exit_code == 0) {
      EXPECT_THAT(Lines(listed.output),
                  testing::UnorderedElementsAreArray(
                      Lines(Shell(in_scratch_ + "tar -cf - tree | tar -tf -").output)));
    }
  }
  void OldFile() {
    EmptyTarget();
    WriteFile(scratch_ / "target/f.tar.zst", "old\n");
  }

  // A restore into the target, or one over old files, ended and run again.
  void SweepRestores(const std::string& verb, bool over_old_files) {
    const std::string arguments = verb + " -q --force f.tar.zst -C target";
    Sweep(
        {INGOT_BINARY, verb, "-q", "--force", "f.tar.zst", "-C", "target"},
        [&] {
          if (over_old_files) {
            ASSERT_TRUE(Succeeds(in_scratch_ + "rm -f target/tree/text && echo old > "
                                               "target/tree/text && find target -name '.ingot-*' "
                                               "-delete"));
          } else {
            ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target"));
          }
        },
        [&](const Round& round) {
          if (!round.done()) {
            for (const char* name : {"large", "sparse", "text"}) {
              const std::string restored = scratch_ / absl::StrCat("target/tree/", name);
              if (access(restored.c_str(), F_OK) != 0) continue;
              const std::string content = ReadFile(restored);
              EXPECT_TRUE(content == ReadFile(scratch_ / absl::StrCat("tree/", name)) ||
                          (over_old_files && content == "old\n"))
                  << name;
            }
            ASSERT_TRUE(Succeeds(in_scratch_ + IngotCommand() + arguments));
            // Files in the making, whose names were taken.
            if (round.killed()) {
              ASSERT_TRUE(Succeeds("find " + (scratch_ / "target") + " -name '.ingot-*' -delete"));
            }
          }
          EXPECT_TRUE(Succeeds(in_scratch_ + "diff -r --no-dereference -x fifo tree target/tree"));
          if (round.signal % 2 == 0) {
            EXPECT_TRUE(SameTrees(scratch_ / "tree", scratch_ / "target/tree"));
          }
        },
        kRestoreRounds);
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::string output_;
};

TEST_F(KillTest, Create) {
  Sweep(
      Create({"-o", "target/f.tar.zst", "tree"}), [this] { EmptyTarget(); },
      [this](const Round& round) { CheckNewFile(round); });
}

TEST_F(KillTest, CreateInPlaceOfAnOldFile) {
  Sweep(
      Create({"--force", "-o", "target/f.tar.zst", "tree"}), [this] { OldFile(); },
      [this](const Round& round) { CheckReplacedFile(round); });
}

// The window in which a kill would find neither is too short for sweeps.
TEST_F(KillTest, ThereIsNoMomentWithoutOldOrNewFile) {
  OldFile();
  const std::string path = scratch_ / "target/f.tar.zst";
  std::atomic<uint64_t> missed{0};
  {
    const Repeatedly watch([&] { missed += access(path.c_str(), F_OK) != 0; });
    for (int i = 0; i < 12; ++i) {
      EXPECT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-q --force -o target/f.tar.zst tree/d1"));
    }
  }
  EXPECT_EQ(missed, 0u);
}

// As on file systems that cannot make a file without a name.
TEST_F(KillTest, CreateWithTemporaryNames) {
  const WithoutUnnamedFiles without(INGOT_NO_TMPFILE_LIBRARY);
  std::atomic<uint64_t> seen{0};
  {
    const Repeatedly watch([&] {
      std::error_code error;
      for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "target", error))
        seen += IsTemporary(entry.path().filename());
      absl::SleepFor(absl::Milliseconds(1));
    });
    Sweep(
        Create({"--force", "-o", "target/f.tar.zst", "tree"}), [this] { OldFile(); },
        [this](const Round& round) { CheckReplacedFile(round); });
  }
  EXPECT_GT(seen, 0u) << "no file was made with a name: this proves nothing";
}

TEST_F(KillTest, CreateToStandardOutput) {
  const std::string stream = scratch_ / "stream";
  output_ = stream;
  Sweep(
      Create({"--frame-size", "1M", "-o", "-", "tree"}), [] {},
      [&](const Round& round) { CheckStream(stream, round); });
}

TEST_F(KillTest, CreateIntoAPipe) {
  const std::string stream = scratch_ / "stream";
  std::optional<PipeIntoFile> pipe;
  Sweep(
      Create({"--frame-size", "1M", "-o", "-", "tree"}),
      [&] { output_ = pipe.emplace(stream).entrance(); },
      [&](const Round& round) {
        pipe->Finish();
        CheckStream(stream, round);
      });
}

TEST_F(KillTest, Backup) {
  Sweep(
      {INGOT_BINARY, "backup", "--io", TestEngineName(), "-q", "--force", "--dump-command",
       "seq 300000 | cat; echo whole", "--dump-expect", "whole", "--content", "tree", "-o",
       "target/f.tar.zst"},
      [this] { OldFile(); }, [this](const Round& round) { CheckReplacedFile(round); });
}

// The dump is a pipeline whose members would wait for ever, did nobody end them.
TEST_F(KillTest, BackupWhileTheDumpHangs) {
  std::mt19937_64 random(SweepSeed());
  for (const int signal : {SIGKILL, SIGTERM}) {
    OldFile();
    RunningCommand command(
        {INGOT_BINARY, "backup", "--io", TestEngineName(), "-q", "--force", "--dump-command",
         "trap '' TERM; echo begin; touch hangs; (trap '' TERM; sleep 600) | sleep 600",
         "--content", "tree", "-o", "target/f.tar.zst"},
        scratch_.path(), "", scratch_ / "error");
    ASSERT_TRUE(command.AwaitFile(scratch_ / "hangs")) << ReadFile(scratch_ / "error");
    ASSERT_EQ(unlink((scratch_ / "hangs").c_str()), 0);
    absl::SleepFor(absl::Milliseconds(random() % 50));
    command.Signal(signal);
    EXPECT_EQ(command.Wait(), signal == SIGKILL ? -SIGKILL : 130);
    EXPECT_TRUE(AllEndIn(scratch_.path(), absl::Seconds(5))) << "a part of the dump still runs";
    EXPECT_EQ(ReadFile(scratch_ / "target/f.tar.zst"), "old\n");
  }
  // Nothing is in the next run's way: no lock (75), no old process.
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotBackup() +
                       "--force --dump-command 'echo whole' --content tree -o target/f.tar.zst"));
}

// A part of the tree is there, and of large or sparse files no part; the same again with --force
// makes it whole.
TEST_F(KillTest, Restore) {
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-q -o f.tar.zst tree"));
  SweepRestores("restore", /*over_old_files=*/false);
  SweepRestores("restore", /*over_old_files=*/true);
}

// Of a container without its seek table, so that nothing else brings it back.
TEST_F(KillTest, Salvage) {
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() +
                       "-q -o f.tar.zst tree && truncate -s -99 f.tar.zst && truncate -s +99 "
                       "f.tar.zst"));
  SweepRestores("salvage", /*over_old_files=*/false);
}

}  // namespace
}  // namespace ingot
