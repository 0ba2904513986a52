// Every operation of a small restore, verify and list fails once, in every way that it can: what
// has its name is whole, what is missing is told, and a second run mends it.
#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 100;

class RestoreSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "--frame-size 1M -o f.tar.zst tree"));
    source_ = TreeOf(scratch_ / "tree");
  }

  // Before each run: nothing, or an older tree of the same names.
  void Reset(bool old) {
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf out && mkdir out"));
    if (!old) return;
    ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir -p out/tree/d && cd out/tree && echo old > random && "
                                       "echo older > d/slices && echo oldest > d/text"));
    old_ = TreeOf(scratch_ / "out/tree");
  }

  void Check(const Fault& fault, const FaultyRun& run, bool old) {
    const std::map<std::string, std::string> out =
        Shell("test -d " + (scratch_ / "out/tree")).exit_code == 0 ? TreeOf(scratch_ / "out/tree")
                                                                   : decltype(source_)();
    if (run.exit_code == 0) {
      EXPECT_EQ(out, source_) << run.error;
      return;
    }
    ASSERT_EQ(run.exit_code, CodeOf(fault)) << run.error;
    EXPECT_FALSE(IsHarmless(fault)) << run.error;
    for (const auto& [path, facts] : out) {
      const auto found = source_.find(path);
      ASSERT_NE(found, source_.end()) << path;
      if (found->second == facts || facts[0] == '4') continue;  // directories come last
      if (old && old_.count(path) > 0 && old_[path] == facts) continue;
      // Owner, mode and times may lack; content never.
      EXPECT_EQ(Tail(found->second), Tail(facts)) << path;
    }
    EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "restore --force f.tar.zst -C out"));
    EXPECT_EQ(TreeOf(scratch_ / "out/tree"), source_);
  }

  // Of a run that failed: a container that is not there is an argument that is wrong.
  static int CodeOf(const Fault& fault) {
    return fault.operation.file == "f.tar.zst" && fault.effect == "ENOENT" ? 2 : 1;
  }

  // Content.
  static std::string Tail(const std::string& facts) { return facts.substr(facts.rfind(' ')); }

  void Sweep(const std::string& rest, bool old) {
    const FaultyProgram program(scratch_, "restore --threads 2 " + rest + "f.tar.zst -C out");
    Reset(old);
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    ASSERT_EQ(TreeOf(scratch_ / "out/tree"), source_);
    SweepFaults(
        program, clean, kUsualFaults, 0.75, [&] { Reset(old); },
        [&](const Fault& fault, const FaultyRun& run) { Check(fault, run, old); });
  }

  // Verbs that only read say the same as without the fault, or fail, and never call the file
  // damaged for what the disk did.
  void SweepReading(const std::string& arguments) {
    const FaultyProgram program(scratch_, arguments);
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    SweepFaults(
        program, clean, kUsualFaults / 2, 0.5, [] {},
        [&](const Fault& fault, const FaultyRun& run) {
          if (run.exit_code == 0) {
            EXPECT_EQ(run.output, clean.output);
          } else {
            EXPECT_EQ(run.exit_code, CodeOf(fault)) << run.error;
            EXPECT_FALSE(IsHarmless(fault)) << run.error;
          }
        });
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::map<std::string, std::string> source_;
  std::map<std::string, std::string> old_;
};

TEST_F(RestoreSweepTest, ANewTree) { Sweep("", /*old=*/false); }

TEST_F(RestoreSweepTest, ATreeThatIsReplaced) { Sweep("--force ", /*old=*/true); }

TEST_F(RestoreSweepTest, Verify) { SweepReading("verify --threads 2 --quiet f.tar.zst"); }

TEST_F(RestoreSweepTest, List) { SweepReading("list -l f.tar.zst"); }

TEST_F(RestoreSweepTest, Cat) { SweepReading("cat f.tar.zst tree/d/slices"); }

}  // namespace
}  // namespace ingot
