// The power fails before any operation of a small create, backup and restore, or after the last:
// what was there before, or all that is new, is there afterwards; after the last, the new.
#include "tests/faults/power_cut.h"

#include <functional>
#include <iostream>

#include "tests/faults/faulty.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualCuts = 60;
constexpr int kCutsOfEach = 4;  // with other seeds
// The temporary file has a name then.
constexpr char kNoUnnamedFiles[] = "create\ttarget\t0\tEOPNOTSUPP";
constexpr int kKilled = 128 + 9;

class PowerCutTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "--frame-size 1M -o whole.tar.zst tree"));
  }

  // A sample of the operations that go before a file gets its name, and, each several times, all
  // from there on: only then names can be lost.
  static std::vector<Fault> Kills(const FaultyRun& run) {
    std::vector<Fault> before;
    std::vector<Fault> after;
    for (const FaultyOperation& operation : OperationsOf(run)) {
      const bool names = operation.call == "link" || operation.call == "rename";
      (after.empty() && !names ? before : after).push_back({operation, "kill"});
    }
    EXPECT_FALSE(after.empty());
    const bool is_short = after.size() * kCutsOfEach <= kUsualCuts || LongTests();
    if (!is_short) after = Sample(std::move(after), kUsualCuts);
    std::vector<Fault> kills = Sample(std::move(before), kUsualCuts);
    for (const Fault& kill : after) kills.insert(kills.end(), is_short ? kCutsOfEach : 1, kill);
    return kills;
  }

  struct Swept {
    std::string arguments;
    std::string directory;    // that is written to
    std::string other_fault;  // one that all runs have, too
    bool tears_files = true;
    std::function<void()> reset;
    std::function<void(bool ended)> check;  // of what is left; `ended`: the program had ended well
  };

  // Runs with each kill, cuts the power, and lets `check` look at what is left.
  void Sweep(const Swept& swept) {
    const FaultyProgram program(scratch_, swept.arguments);
    const std::string directory = scratch_ / swept.directory;
    uint64_t seed = SweepSeed();
    std::vector<Fault> kills;
    for (int i = 0; i < kCutsOfEach; ++i) {
      SCOPED_TRACE(absl::StrCat("no kill, seed ", seed));
      ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf kept"));
      swept.reset();
      const FaultyRun clean = program.Run(swept.other_fault);
      ASSERT_EQ(clean.exit_code, 0) << clean.error;
      ASSERT_EQ(clean.met, !swept.other_fault.empty());
      if (kills.empty()) kills = Kills(clean);
      CutPower(clean.record, directory, seed++);
      swept.check(/*ended=*/true);
    }
    uint64_t killed = 0;
    PowerCut total;
    for (const Fault& kill : kills) {
      SCOPED_TRACE(absl::StrCat("INGOT_FAULT='", kill.Text(), "', seed ", seed));
      ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf kept"));
      swept.reset();
      const FaultyRun run = program.Run(absl::StrCat(swept.other_fault, "\n", kill.Text()));
      if (run.exit_code == kKilled) {
        ++killed;
        const PowerCut cut = CutPower(run.record, directory, seed);
        total.names_lost += cut.names_lost;
        total.files_torn += cut.files_torn;
        swept.check(/*ended=*/false);
      } else {
        EXPECT_EQ(run.exit_code, 0) << run.error;
      }
      ++seed;
      if (testing::Test::HasFatalFailure()) return;
    }
    std::cout << killed << " of " << kills.size() << " cuts took place, " << total.names_lost
              << " names lost, " << total.files_torn << " files torn; seed " << SweepSeed() << "\n";
    EXPECT_GT(killed, kills.size() * 3 / 4);
    EXPECT_GT(total.names_lost, 0u);
    if (swept.tears_files) {
      EXPECT_GT(total.files_torn, 0u);
    }
  }

  void ResetTarget(const std::string& old) {
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target"));
    if (!old.empty()) WriteFile(scratch_ / "target/f.tar.zst", old);
  }

  // The old file or the new one; `old`: "" for none.
  void ExpectOldOrNew(const std::string& old, bool ended,
                      const std::map<std::string, std::string>& whole) {
    const std::string names = Shell(in_scratch_ + "ls -A target | grep -v '^[.]ingot-'").output;
    if (names.empty() && !ended) {
      EXPECT_EQ(old, "") << "the old file is gone";
      return;
    }
    ASSERT_EQ(names, "f.tar.zst\n");
    if (!old.empty() && !ended && ReadFile(scratch_ / "target/f.tar.zst") == old) return;
    const absl::StatusOr<std::map<std::string, std::string>> members =
        MembersOf(scratch_ / "target/f.tar.zst");
    ASSERT_OK(members);
    for (const auto& [path, facts] : whole) {
      EXPECT_TRUE(members->contains(path) && members->at(path) == facts) << path;
    }
  }

  void SweepCreate(const std::string& rest, const std::string& old, bool unnamed) {
    const absl::StatusOr<std::map<std::string, std::string>> whole =
        MembersOf(scratch_ / "whole.tar.zst");
    ASSERT_OK(whole);
    Sweep({.arguments = "create --threads 2 --frame-size 1M --io " + TestEngineName() + rest +
                        " -o target/f.tar.zst tree",
           .directory = "target",
           .other_fault = unnamed ? "" : kNoUnnamedFiles,
           .tears_files = !unnamed,  // it is synced before it has a name
           .reset = [&] { ResetTarget(old); },
           .check = [&](bool ended) { ExpectOldOrNew(old, ended, *whole); }});
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(PowerCutTest, CreateLeavesNothingOrAll) { SweepCreate("", "", true); }

TEST_F(PowerCutTest, CreateLeavesTheOldFileOrTheNew) { SweepCreate(" --force", "old", true); }

TEST_F(PowerCutTest, CreateWithoutUnnamedFiles) { SweepCreate("", "", false); }

TEST_F(PowerCutTest, CreateThatReplacesWithoutUnnamedFiles) {
  SweepCreate(" --force", "old", false);
}

TEST_F(PowerCutTest, BackupLeavesTheOldFileOrTheNew) {
  absl::StatusOr<std::map<std::string, std::string>> whole = MembersOf(scratch_ / "whole.tar.zst");
  ASSERT_OK(whole);
  Sweep({.arguments = "backup --threads 2 --frame-size 1M --force --io " + TestEngineName() +
                      " --dump-command 'seq 300000' --dump-expect 300000 --content tree"
                      " -o target/f.tar.zst",
         .directory = "target",
         .other_fault = kNoUnnamedFiles,
         .reset = [&] { ResetTarget("old"); },
         .check = [&](bool ended) { ExpectOldOrNew("old", ended, *whole); }});
}

TEST_F(PowerCutTest, RestoreLeavesOldFilesOrNewOnes) {
  const std::map<std::string, std::string> old = {
      {"random", "old\n"}, {"d/text", "oldest\n"}, {"d/slices", "older\n"}};
  const std::map<std::string, std::string> source = TreeOf(scratch_ / "tree");
  Sweep({.arguments = "restore --threads 2 --force whole.tar.zst -C out",
         .directory = "out",
         .reset =
             [&] {
               ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf out && mkdir -p out/tree/d"));
               for (const auto& [path, content] : old) {
                 WriteFile(scratch_ / ("out/tree/" + path), content);
               }
             },
         .check =
             [&](bool ended) {
               for (const auto& [path, content] : old) {
                 const std::string now = ReadFile(scratch_ / ("out/tree/" + path));
                 EXPECT_TRUE(now == content || now == ReadFile(scratch_ / ("tree/" + path)))
                     << path << " is neither the old one nor the new";
               }
               if (!ended) {
                 EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() +
                                      "restore --force whole.tar.zst -C out"));
               }
               EXPECT_EQ(TreeOf(scratch_ / "out/tree"), source);
             }});
}

}  // namespace
}  // namespace ingot
