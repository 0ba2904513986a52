// The power fails before any operation of a small create and restore: what was there before, or all
// that is new, is there afterwards.
#include "tests/faults/power_cut.h"

#include <functional>
#include <iostream>

#include "tests/faults/faulty.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualCuts = 60;
constexpr int kKilled = 128 + 9;

class PowerCutTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "--frame-size 1M -o whole.tar.zst tree"));
  }

  static std::vector<Fault> Kills(const FaultyRun& run) {
    std::vector<Fault> kills;
    for (const FaultyOperation& operation : OperationsOf(run)) kills.push_back({operation, "kill"});
    return Sample(std::move(kills), kUsualCuts);
  }

  // Runs with each kill, cuts the power, and lets `check` look at what is left.
  void Sweep(const std::string& arguments, const std::string& directory,
             const std::function<void()>& reset, const std::function<void()>& check) {
    const FaultyProgram program(scratch_, arguments);
    reset();
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    uint64_t seed = SweepSeed();
    uint64_t killed = 0;
    PowerCut total;
    const std::vector<Fault> kills = Kills(clean);
    for (const Fault& kill : kills) {
      SCOPED_TRACE(absl::StrCat("INGOT_FAULT='", kill.Text(), "', seed ", seed));
      ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf kept"));
      reset();
      const FaultyRun run = program.Run(kill.Text());
      if (run.met) {
        ASSERT_EQ(run.exit_code, kKilled) << run.error;
        ++killed;
        const PowerCut cut = CutPower(run.record, scratch_ / directory, seed);
        total.names_lost += cut.names_lost;
        total.files_torn += cut.files_torn;
        check();
      }
      ++seed;
      if (testing::Test::HasFatalFailure()) return;
    }
    std::cout << killed << " of " << kills.size() << " cuts took place, " << total.names_lost
              << " names lost, " << total.files_torn << " files torn; seed " << SweepSeed() << "\n";
    EXPECT_GT(killed, kills.size() * 3 / 4);
  }

  void ResetTarget(const std::string& old) {
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target"));
    if (!old.empty()) WriteFile(scratch_ / "target/f.tar.zst", old);
  }

  void SweepCreate(const std::string& rest, const std::string& old) {
    const absl::StatusOr<std::map<std::string, std::string>> whole =
        MembersOf(scratch_ / "whole.tar.zst");
    ASSERT_OK(whole);
    Sweep(
        "create --threads 2 --frame-size 1M --io " + TestEngineName() + rest +
            " -o target/f.tar.zst tree",
        "target", [&] { ResetTarget(old); },
        [&] {
          const std::string names =
              Shell(in_scratch_ + "ls -A target | grep -v '^[.]ingot-'").output;
          if (names.empty()) {
            EXPECT_EQ(old, "") << "the old file is gone";
            return;
          }
          EXPECT_EQ(names, "f.tar.zst\n");
          if (!old.empty() && ReadFile(scratch_ / "target/f.tar.zst") == old) return;
          const absl::StatusOr<std::map<std::string, std::string>> members =
              MembersOf(scratch_ / "target/f.tar.zst");
          ASSERT_OK(members);
          EXPECT_EQ(*members, *whole);
        });
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(PowerCutTest, CreateLeavesNothingOrAll) { SweepCreate("", ""); }

TEST_F(PowerCutTest, CreateLeavesTheOldFileOrTheNew) { SweepCreate(" --force", "old"); }

TEST_F(PowerCutTest, RestoreLeavesOldFilesOrNewOnes) {
  const std::map<std::string, std::string> old = {
      {"random", "old\n"}, {"d/text", "oldest\n"}, {"d/slices", "older\n"}};
  Sweep(
      "restore --threads 2 --force whole.tar.zst -C out", "out",
      [&] {
        ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf out && mkdir -p out/tree/d"));
        for (const auto& [path, content] : old) WriteFile(scratch_ / ("out/tree/" + path), content);
      },
      [&] {
        for (const auto& [path, content] : old) {
          const std::string now = ReadFile(scratch_ / ("out/tree/" + path));
          EXPECT_TRUE(now == content || now == ReadFile(scratch_ / ("tree/" + path)))
              << path << " is neither the old one nor the new";
        }
        EXPECT_TRUE(
            Succeeds(in_scratch_ + IngotCommand() + "restore --force whole.tar.zst -C out"));
        EXPECT_EQ(TreeOf(scratch_ / "out/tree"), TreeOf(scratch_ / "tree"));
      });
}

}  // namespace
}  // namespace ingot
