// Every operation of a small restore, salvage, verify and list fails once, in every way that it
// can: what has its name is whole, what is missing is told, and a second run mends it.
#include <functional>

#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/rules.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 130;

class RestoreSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "--frame-size 1M -o cold tree"));
    // What is in the page cache is not read directly first and then again.
    ASSERT_TRUE(Succeeds(in_scratch_ + "cat cold > f.tar.zst"));
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

  std::map<std::string, std::string> Restored() const {
    if (Shell("test -d " + (scratch_ / "out/tree")).exit_code != 0) return {};
    return TreeOf(scratch_ / "out/tree");
  }

  // What has its name is whole, and a second run mends the rest.
  void ExpectOldOrNew(const FaultyRun& run, bool old) {
    for (const auto& [path, facts] : Restored()) {
      const auto found = source_.find(path);
      ASSERT_NE(found, source_.end()) << path;
      if (found->second == facts || facts[0] == '4') continue;  // directories come last
      if (old && old_.count(path) > 0 && old_[path] == facts) continue;
      // Owner, mode and times may lack; content never.
      EXPECT_EQ(Tail(found->second), Tail(facts)) << path << ": " << run.error;
    }
    EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "restore --force f.tar.zst -C out"));
    EXPECT_EQ(TreeOf(scratch_ / "out/tree"), source_);
  }

  void Check(const Fault& fault, const FaultyRun& run, bool old) {
    EXPECT_TRUE(EndsAsExpected(RestoreRules(), fault, run));
    EXPECT_TRUE(HidesNothing(scratch_ / "out", fault));
    if (run.exit_code == 0) {
      EXPECT_EQ(Restored(), source_) << run.error;
    } else {
      ExpectOldOrNew(run, old);
    }
  }

  // Content.
  static std::string Tail(const std::string& facts) { return facts.substr(facts.rfind(' ')); }

  void Sweep(const std::string& rest, bool old, std::vector<std::string> calls) {
    const FaultyProgram program(scratch_, "restore --threads 2 " + rest + "f.tar.zst -C out");
    Reset(old);
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    ASSERT_EQ(Restored(), source_);
    for (const char* call : {"open", "read", "create", "write", "mkdir", "mknod", "symlink", "link",
                             "setxattr", "chmod", "utimes", "truncate", "allocate", "syncfs",
                             "close", "access", "stat", "getxattr"}) {
      calls.push_back(call);
    }
    SweepFaults(
        program, clean,
        {.usual = kUsualFaults,
         .share_met = 0.75,
         .calls = calls,
         .reset = [&] { Reset(old); },
         .check = [&](const Fault& fault, const FaultyRun& run) { Check(fault, run, old); }});
  }

  // Verbs that only read say the same as without the fault, or fail, and never call the file
  // damaged for what the disk did.
  void SweepReading(
      const std::string& arguments, const char* reading = "read",
      const std::function<void()>& reset = [] {}) {
    const FaultyProgram program(scratch_, arguments + " > printed");
    reset();
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    const std::string printed = ReadFile(scratch_ / "printed");
    SweepFaults(program, clean,
                {.usual = kUsualFaults,
                 .share_met = 0.75,
                 .calls = {"open", reading, "stat"},
                 .reset = reset,
                 .check = [&](const Fault& fault, const FaultyRun& run) {
                   EXPECT_TRUE(EndsAsExpected(ReadingRules(), fault, run));
                   if (run.exit_code == 0) {
                     EXPECT_EQ(ReadFile(scratch_ / "printed"), printed);
                   }
                 }});
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::map<std::string, std::string> source_;
  std::map<std::string, std::string> old_;
};

TEST_F(RestoreSweepTest, ANewTree) { Sweep("", /*old=*/false, {}); }

TEST_F(RestoreSweepTest, ATreeThatIsReplaced) {
  Sweep("--force ", /*old=*/true, {"rename", "fsync"});
}

TEST_F(RestoreSweepTest, ADiskThatFillsAtAnyByte) {
  const FaultyProgram program(scratch_, "restore --threads 2 --force f.tar.zst -C out");
  Reset(/*old=*/true);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  SweepSpace(
      program, clean, 15, [&] { Reset(/*old=*/true); },
      [&](const FaultyRun& run, const std::string& text) {
        EXPECT_THAT(run.error, testing::ContainsRegex("out[/a-z]*: " + text));
        EXPECT_TRUE(HidesNothing(scratch_ / "out"));
        ExpectOldOrNew(run, /*old=*/true);
      });
}

// What a directory hands down must not stay in silence, nor give its group more.
TEST_F(RestoreSweepTest, AnInheritedAclThatCannotBeTakenAway) {
  if (Shell(in_scratch_ + "mkdir acl && setfacl -d -m u:bin:rwx acl").exit_code != 0) {
    SKIP_OR_FAIL("no ACLs in " + scratch_.path());
  }
  const FaultyProgram program(scratch_, "restore f.tar.zst -C acl");
  for (const char* fault : {"removexattr\tacl/tree/random\t0\tEIO", "getxattr\tacl/.\t0\tEIO"}) {
    SCOPED_TRACE(fault);
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf acl/*"));
    const FaultyRun run = program.Run(fault);
    EXPECT_TRUE(run.met);
    if (run.exit_code != 0) {
      EXPECT_EQ(run.exit_code, 1);
      EXPECT_THAT(run.error,
                  testing::ContainsRegex("tree/random: remove attribute .*Input/output"));
    }
    const std::string acl = Shell(in_scratch_ + "getfacl -ce acl/tree/random").output;
    EXPECT_THAT(acl, testing::Not(testing::ContainsRegex("user:bin:.*effective:r"))) << run.error;
    EXPECT_TRUE(run.exit_code == 1 || acl.find("user:bin:") == std::string::npos) << acl;
  }
}

// What cannot be read is lost and told; all else comes back.
TEST_F(RestoreSweepTest, Salvage) {
  const FaultyProgram program(scratch_, "salvage --threads 2 f.tar.zst -C out");
  Reset(/*old=*/false);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  ASSERT_EQ(Restored(), source_);
  SweepFaults(program, clean,
              {.usual = kUsualFaults,
               .share_met = 0.75,
               .calls = {"open", "read", "create", "write", "mkdir", "syncfs"},
               .reset = [&] { Reset(/*old=*/false); },
               .check =
                   [&](const Fault& fault, const FaultyRun& run) {
                     EXPECT_TRUE(EndsAsExpected(SalvageRules(), fault, run));
                     EXPECT_TRUE(HidesNothing(scratch_ / "out", fault));
                     if (run.exit_code == 0) {
                       EXPECT_EQ(Restored(), source_) << run.error;
                     } else {
                       ExpectOldOrNew(run, /*old=*/false);
                     }
                   }});
}

TEST_F(RestoreSweepTest, Verify) { SweepReading("verify --threads 2 --quiet f.tar.zst"); }

// Of a file that is not in the page cache.
TEST_F(RestoreSweepTest, VerifyDirectly) {
  if (Shell(in_scratch_ + "mv cold f.tar.zst && dd if=f.tar.zst of=/dev/null iflag=direct")
          .exit_code != 0) {
    SKIP_OR_FAIL("no direct I/O in " + scratch_.path());
  }
  SweepReading("verify --threads 2 --quiet f.tar.zst", "direct", [&] {
    ASSERT_TRUE(Succeeds(in_scratch_ + "dd if=f.tar.zst iflag=nocache count=0"));
  });
}

TEST_F(RestoreSweepTest, Info) { SweepReading("info f.tar.zst"); }

TEST_F(RestoreSweepTest, List) { SweepReading("list -l f.tar.zst"); }

TEST_F(RestoreSweepTest, Cat) { SweepReading("cat f.tar.zst tree/d/slices"); }

}  // namespace
}  // namespace ingot
