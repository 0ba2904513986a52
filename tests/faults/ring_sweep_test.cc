// Rings that die and stay dead, and completions that all come with an error: the old file is as it
// was, and one line says why.
#include <iostream>

#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

class RingSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    Reset();
    clean_ = program_.Run("");
    if (clean_.exit_code == 1 && absl::StrContains(clean_.error, "io_uring")) {
      SKIP_OR_FAIL("no io_uring: " + clean_.error);
    }
    ASSERT_EQ(clean_.exit_code, 0) << clean_.error;
  }

  void Reset() {
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target"));
    WriteFile(file_, "old");
  }

  FaultyRun Run(const std::string& fault) {
    SCOPED_TRACE(fault);
    Reset();
    FaultyRun run = program_.Run(fault);
    EXPECT_TRUE(SpeaksPlainly(run));
    if (run.exit_code != 0) {
      EXPECT_EQ(run.exit_code, 1) << run.error;
      EXPECT_EQ(ReadFile(file_), "old");
      EXPECT_TRUE(HidesNothing(scratch_ / "target"));
    } else {
      EXPECT_OK(MembersOf(file_));
    }
    return run;
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  const std::string file_ = scratch_ / "target/f.tar.zst";
  const FaultyProgram program_{scratch_,
                               "create --force --threads 2 --frame-size 1M --io uring "
                               "-o target/f.tar.zst tree"};
  FaultyRun clean_;
};

TEST_F(RingSweepTest, ARingThatStaysDead) {
  uint64_t met = 0;
  for (const FaultyOperation& operation : OperationsOf(clean_)) {
    if (operation.call != "ring" || operation.file == "complete") continue;
    if (operation.file == "setup" || operation.file == "probe") continue;
    for (const char* effect : {"EBADFD+", "EINVAL+"}) {
      const FaultyRun run = Run(Fault{operation, effect}.Text());
      if (!run.met) continue;
      ++met;
      // The last of all may find it dead when nothing is wanted of it any more.
      if (run.exit_code != 0) {
        EXPECT_THAT(run.error, testing::HasSubstr("io_uring failed in the middle"));
      }
    }
  }
  std::cout << met << " dead rings\n";
  EXPECT_GT(met, 10u);
  EXPECT_EQ(Run("ring\tsubmit\t0\tEBADFD+").exit_code, 1);
}

// Not for ever.
TEST_F(RingSweepTest, ARingThatIsShortOfMemoryForEver) {
  const FaultyRun run = Run("ring\tsubmit\t0\tEAGAIN+");
  EXPECT_TRUE(run.met);
  EXPECT_EQ(run.exit_code, 1);
}

TEST_F(RingSweepTest, EveryCompletionIsAnError) {
  for (const char* effect : {"EIO", "ECANCELED", "EINVAL"}) {
    const FaultyRun run = Run(absl::StrCat("ring\tcomplete\t0\t", effect, "+"));
    EXPECT_TRUE(run.met);
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_THAT(run.error, testing::HasSubstr("target/f.tar.zst: " + EffectText(effect)));
  }
  // Nothing comes of it in the ring: then it is done without.
  EXPECT_EQ(Run("ring\tcomplete\t0\tEAGAIN+").exit_code, 0);
}

}  // namespace
}  // namespace ingot
