// Every operation of a small hot backup fails once: the dump and its order are published whole, or
// not at all.
#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 100;

class BackupSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir target && seq 300000 > dump.sql"));
  }

  // All members but the manifest, whose times differ from run to run.
  std::map<std::string, std::string> Members() {
    absl::StatusOr<std::map<std::string, std::string>> members = MembersOf(file_);
    EXPECT_OK(members);
    if (!members.ok()) return {};
    for (auto it = members->begin(); it != members->end();) {
      it = absl::StartsWith(it->first, "ingot") ? members->erase(it) : std::next(it);
    }
    // The dump's time is that of the run.
    for (auto& [path, facts] : *members) {
      if (absl::StartsWith(path, "database")) facts = facts.substr(facts.find(' ', 20));
    }
    return *std::move(members);
  }

  void Check(const Fault& fault, const FaultyRun& run) {
    const std::string names = Shell(in_scratch_ + "ls -A target | grep -v '^[.]ingot-'").output;
    switch (run.exit_code) {
      case 0:
      case 3:
      case 6: {
        EXPECT_EQ(names, "f.tar.zst\n");
        const std::map<std::string, std::string> members = Members();
        for (const auto& [path, facts] : whole_) {
          const auto found = members.find(path);
          if (found != members.end() && found->second == facts) continue;
          // What vanishes meanwhile is only counted here, and named in the container.
          if (fault.effect == "ENOENT" && absl::StrContains(run.error, " 1 vanished;")) continue;
          const bool linked = path == kLinkedFile && Names(run, kLinkedFileCarrier);
          EXPECT_TRUE(linked || Names(run, path)) << path << " is not named: " << run.error;
        }
        break;
      }
      case 1:
      case 5:
        EXPECT_EQ(names, "");
        break;
      default:
        ADD_FAILURE() << "exit code " << run.exit_code << ": " << run.error;
    }
    if (IsHarmless(fault)) {
      EXPECT_EQ(run.exit_code, 0) << run.error;
    }
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  const std::string file_ = scratch_ / "target/f.tar.zst";
  std::map<std::string, std::string> whole_;
};

TEST_F(BackupSweepTest, DumpAndContent) {
  const FaultyProgram program(scratch_, "backup --threads 2 --frame-size 1M --io " +
                                            TestEngineName() +
                                            " --dump-command 'cat dump.sql' --dump-expect 300000 "
                                            "--content tree -o target/f.tar.zst");
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  whole_ = Members();
  ASSERT_FALSE(whole_.empty());
  SweepFaults(
      program, clean, kUsualFaults, 0.66,
      [&] { ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target")); },
      [&](const Fault& fault, const FaultyRun& run) { Check(fault, run); });
}

// A backup tolerates files that vanish meanwhile; a whole tree that does is another matter.
TEST_F(BackupSweepTest, AContentRootThatIsGoneIsNoNote) {
  const FaultyProgram program(
      scratch_, "backup --io " + TestEngineName() +
                    " --dump-command 'cat dump.sql' --content tree -o target/f.tar.zst");
  const FaultyRun run = program.Run("open\ttree/.\t0\tENOENT");
  EXPECT_TRUE(run.met);
  EXPECT_EQ(run.exit_code, 3) << run.error;
  EXPECT_THAT(run.error, testing::HasSubstr("unreadable: tree: "));
}

}  // namespace
}  // namespace ingot
