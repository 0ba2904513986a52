// A signal in the middle of something long: it is heard soon. At any moment: kill_test.cc.
#include <chrono>
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

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

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

}  // namespace
}  // namespace ingot
