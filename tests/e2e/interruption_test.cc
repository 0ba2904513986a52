// Killed, interrupted, out of space: nothing that looks like a backup is left, and what was there
// before stays.
#include <fcntl.h>

#include <chrono>
#include <random>
#include <string>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

class InterruptionTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(E2eScript("make_nasty_tree.py") + (scratch_ / "tree --many 1000")));
    ASSERT_TRUE(Succeeds("mkdir " + (scratch_ / "target")));
  }

  std::string TargetNames() { return Shell("ls -A " + (scratch_ / "target")).output; }

  // Whether an unnamed file can be made there: without, a temporary name may stay after kill -9.
  bool HasUnnamedFiles() {
    const int fd = open((scratch_ / "target").c_str(), O_TMPFILE | O_RDWR, 0600);
    if (fd >= 0) close(fd);
    return fd >= 0;
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(InterruptionTest, KilledAtAnyMomentLeavesNothing) {
  const std::string create = in_scratch_ + "exec " + IngotCreate() + "-o target/f.tar.zst tree";
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(Succeeds(create));
  const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(TargetNames(), "f.tar.zst\n");
  ASSERT_TRUE(Succeeds("rm " + (scratch_ / "target/f.tar.zst")));

  std::mt19937_64 random(SweepSeed());
  std::uniform_real_distribution<double> moment(0.0, whole.count());
  const uint64_t rounds = SweepRounds(30);
  uint64_t killed = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    const double seconds = moment(random);
    SCOPED_TRACE(
        absl::StrCat("seed ", SweepSeed(), ", round ", round, ", killed after ", seconds, " s"));
    const ShellResult result =
        Shell(absl::StrCat("( ", create, " ) & sleep ", seconds, "; kill -9 $!; wait $!"));
    if (result.exit_code == 0) {  // was faster this time
      ASSERT_TRUE(Succeeds(IngotCommand() + "verify " + (scratch_ / "target/f.tar.zst") +
                           " && rm " + (scratch_ / "target/f.tar.zst")));
      continue;
    }
    ASSERT_EQ(result.exit_code, 128 + 9) << result.error;
    ++killed;
    if (HasUnnamedFiles()) {
      // It may just have been named; then it is whole.
      const std::string names = TargetNames();
      if (names != "") {
        ASSERT_EQ(names, "f.tar.zst\n");
        ASSERT_TRUE(Succeeds(IngotCommand() + "verify " + (scratch_ / "target/f.tar.zst")));
      }
    }
    ASSERT_TRUE(Succeeds("rm -rf " + (scratch_ / "target") + " && mkdir " + (scratch_ / "target")));
  }
  EXPECT_GT(killed, rounds / 3);
}

TEST_F(InterruptionTest, KilledWhileReplacingKeepsTheOldFile) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "echo old > target/f.tar.zst"));
  const std::string create =
      in_scratch_ + "exec " + IngotCreate() + "--force -o target/f.tar.zst tree";
  std::mt19937_64 random(SweepSeed());
  std::uniform_real_distribution<double> moment(0.0, 0.2);
  for (uint64_t round = 0; round < SweepRounds(10); ++round) {
    const double seconds = moment(random);
    SCOPED_TRACE(
        absl::StrCat("seed ", SweepSeed(), ", round ", round, ", killed after ", seconds, " s"));
    const ShellResult result =
        Shell(absl::StrCat("( ", create, " ) & sleep ", seconds, "; kill -9 $!; wait $!"));
    if (ReadFile(scratch_ / "target/f.tar.zst") == "old\n") continue;
    ASSERT_TRUE(Succeeds(IngotCommand() + "verify " + (scratch_ / "target/f.tar.zst")));
    ASSERT_TRUE(Succeeds(in_scratch_ + "echo old > target/f.tar.zst"));
  }
}

TEST_F(InterruptionTest, AnInterruptionLeavesNothing) {
  for (const char* signal : {"INT", "TERM", "HUP"}) {
    ShellResult result;
    // At this level the tree takes many seconds.
    EXPECT_TRUE(ExitsWith(130,
                          in_scratch_ + "timeout --foreground --preserve-status -s " + signal +
                              " 0.5 " + IngotCreate() +
                              "--level 15 --threads 1 -o target/f.tar.zst tree",
                          &result));
    EXPECT_EQ(TargetNames(), "") << signal;
    EXPECT_EQ(Lines(result.error).size(), 1) << result.error;
  }
}

TEST_F(InterruptionTest, IsHeardInTheMiddleOfALargeFile) {
  if (!Allocate(scratch_ / "tree/zeros", uint64_t{12} << 30))
    SKIP_OR_FAIL("cannot allocate 12 GiB in " + scratch_.path());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(ExitsWith(130, in_scratch_ + "timeout --foreground --preserve-status -s INT 1 " +
                                 IngotCreate() +
                                 "--level 15 --threads 1 -o target/f.tar.zst tree/zeros"));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(took.count(), 6);
  EXPECT_EQ(TargetNames(), "");
}

TEST_F(InterruptionTest, AnInterruptedDumpLeavesNothing) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(ExitsWith(
      130, in_scratch_ + "timeout --foreground --preserve-status -s INT 0.5 " + IngotBackup() +
               "--dump-command 'echo begin; sleep 60' --content tree -o target/f.tar.zst"));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(took.count(), 20) << "waited for the dump command";
  EXPECT_EQ(TargetNames(), "");
}

// A file system of 16 MiB, mounted for the length of one command; the tree has some 90 MB.
class FullDiskTest : public InterruptionTest {
 protected:
  void RunOn(const std::string& mount) {
    if (!IsRoot()) SKIP_OR_FAIL("needs root, to mount");
    WriteFile(scratch_ / "script",
              "cd " + scratch_.path() + "\n" + mount +
                  "\nfree() { df --output=avail -B1 target | tail -1; }\nbefore=$(free)\nset +e\n" +
                  IngotCreate() + "-o target/f.tar.zst tree 2> error\necho exit $?\n" +
                  "for ((i = 0; i < 50; ++i)); do [[ $(free) == \"$before\" ]] && break; sleep "
                  "0.1; done\n" +
                  "ls -A target | grep -vx lost+found\necho freed $(($(free) - before))\n");
    ShellResult result;
    if (Shell("unshare -m bash -ec 'cd " + scratch_.path() + "; " + mount + "'").exit_code != 0)
      SKIP_OR_FAIL("cannot mount here");
    ASSERT_TRUE(Succeeds("unshare -m bash -e " + (scratch_ / "script"), &result));
    EXPECT_EQ(result.output, "exit 1\nfreed 0\n");
    const std::string error = ReadFile(scratch_ / "error");
    EXPECT_EQ(Lines(error).size(), 1) << error;
    EXPECT_THAT(error, testing::HasSubstr("No space left on device"));
    EXPECT_THAT(error, testing::HasSubstr("target/f.tar.zst"));
  }
};

TEST_F(FullDiskTest, Ext4) {
  RunOn("truncate -s 16M image; mkfs.ext4 -q -F image; mount -o loop image target");
}

TEST_F(FullDiskTest, Tmpfs) { RunOn("mount -t tmpfs -o size=16m none target"); }

}  // namespace
}  // namespace ingot
