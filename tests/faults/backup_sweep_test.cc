// Every operation of a small hot backup fails once: the dump and its order are published whole, or
// not at all.
#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/rules.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 160;

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
    const std::string names = Shell(in_scratch_ + "ls -A target").output;
    EXPECT_TRUE(EndsAsExpected(BackupRules(), fault, run));
    EXPECT_TRUE(HidesNothing(scratch_ / "target", fault));
    if (run.exit_code != 0 && run.exit_code != 3) {
      EXPECT_EQ(names, "");
      return;
    }
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
  }

  void Reset() { ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target")); }

  const std::string arguments_ = "backup --threads 2 --frame-size 1M --io " + TestEngineName() +
                                 " --dump-command 'cat dump.sql' --dump-expect 300000 "
                                 "--content tree -o target/f.tar.zst";
  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  const std::string file_ = scratch_ / "target/f.tar.zst";
  std::map<std::string, std::string> whole_;
};

TEST_F(BackupSweepTest, DumpAndContent) {
  const FaultyProgram program(scratch_, arguments_);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  whole_ = Members();
  ASSERT_FALSE(whole_.empty());
  SweepFaults(program, clean,
              {.usual = kUsualFaults,
               .share_met = 0.66,
               .calls = {"open", "read", "stat", "list", "listxattr", "create", "write", "fsync",
                         "link", "chmod", "lock", "process", "pipe", "wait", "resolve"},
               .reset = [&] { Reset(); },
               .check = [&](const Fault& fault, const FaultyRun& run) { Check(fault, run); }});
}

TEST_F(BackupSweepTest, ADiskThatFillsAtAnyByte) {
  const FaultyProgram program(scratch_, arguments_);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  SweepSpace(
      program, clean, 10, [&] { Reset(); },
      [&](const FaultyRun& run, const std::string& text) {
        EXPECT_THAT(run.error, testing::HasSubstr("target/f.tar.zst: " + text));
        EXPECT_EQ(Shell(in_scratch_ + "ls -A target").output, "");
      });
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
