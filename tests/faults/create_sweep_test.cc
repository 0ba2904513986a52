// Every operation of a small create fails once, in every way that it can: afterwards there is the
// old file or the complete new one, and the exit code and the line say what happened.
#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/rules.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 160;

class CreateSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    ASSERT_TRUE(Succeeds("mkdir " + (scratch_ / "target")));
  }

  std::string Arguments(const std::string& rest) const {
    return "create --threads 2 --frame-size 1M --io " + TestEngineName() + " " + rest;
  }

  void Reset(const std::string& old) {
    ASSERT_TRUE(Succeeds("rm -rf " + (scratch_ / "target") + " && mkdir " + (scratch_ / "target")));
    if (!old.empty()) WriteFile(file_, old);
  }

  // All of it, or (3) all but the file that the fault was at, or those that are named.
  void ExpectComplete(const Fault& fault, const FaultyRun& run) {
    const absl::StatusOr<std::map<std::string, std::string>> members = MembersOf(file_);
    ASSERT_OK(members);
    for (const auto& [path, facts] : whole_) {
      const auto found = members->find(path);
      if (found != members->end() && found->second == facts) continue;
      EXPECT_EQ(run.exit_code, 3) << path << " is missing or wrong, and nobody says so";
      const bool linked = path == kLinkedFile && Names(run, kLinkedFileCarrier);
      EXPECT_TRUE(linked || Names(run, path)) << path << " is not named: " << run.error;
      const bool lasting = absl::EndsWith(fault.effect, "+") || fault.operation.call == "ring";
      const bool same_file = fault.operation.file == kLinkedFileCarrier && path == kLinkedFile;
      EXPECT_TRUE(lasting || same_file || path == fault.operation.file ||
                  absl::StartsWith(path, fault.operation.file + "/"))
          << path << " is not as it was";
    }
    if (run.exit_code == 0) {
      EXPECT_EQ(members->size(), whole_.size());
    }
  }

  void Check(const Fault& fault, const FaultyRun& run, const std::string& old) {
    const std::string names = Shell("ls -A " + (scratch_ / "target")).output;
    EXPECT_TRUE(EndsAsExpected(CreateRules(), fault, run));
    EXPECT_TRUE(HidesNothing(scratch_ / "target", fault));
    if (run.exit_code == 0 || run.exit_code == 3) {
      EXPECT_EQ(names, "f.tar.zst\n");
      ExpectComplete(fault, run);
      return;
    }
    const bool as_before = old.empty() ? names.empty() : ReadFile(file_) == old;
    if (as_before) return;
    // Only a directory that could not be synced leaves the new file, and says so.
    EXPECT_EQ(fault.operation.call, "fsync");
    EXPECT_THAT(run.error, testing::HasSubstr("fsync the directory"));
    ExpectComplete(fault, run);
  }

  void Sweep(const std::string& rest, const std::string& old, std::vector<std::string> calls) {
    const FaultyProgram program(scratch_, Arguments(rest));
    Reset(old);
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    const absl::StatusOr<std::map<std::string, std::string>> members = MembersOf(file_);
    ASSERT_OK(members);
    whole_ = *members;
    for (const char* call :
         {"open",     "read",     "stat",  "list",   "listxattr", "getxattr", "readlink",
          "seek",     "create",   "write", "chmod",  "fsync",     "close",    "resolve",
          "truncate", "allocate", "link",  "thread", "fcntl",     "access"}) {
      calls.push_back(call);
    }
    if (TestEngineName() == "uring") calls.push_back("ring");
    SweepFaults(
        program, clean,
        {.usual = kUsualFaults,
         .share_met = 0.75,
         .calls = calls,
         .reset = [&] { Reset(old); },
         .check = [&](const Fault& fault, const FaultyRun& run) { Check(fault, run, old); }});
  }

  ScratchDirectory scratch_;
  const std::string file_ = scratch_ / "target/f.tar.zst";
  std::map<std::string, std::string> whole_;  // of a run without faults
};

TEST_F(CreateSweepTest, ANewFile) { Sweep("-o target/f.tar.zst tree", "", {}); }

TEST_F(CreateSweepTest, AFileThatIsReplaced) {
  Sweep("--force -o target/f.tar.zst tree", "old", {"rename"});
}

TEST_F(CreateSweepTest, ADiskThatFillsAtAnyByte) {
  const FaultyProgram program(scratch_, Arguments("--force -o target/f.tar.zst tree"));
  Reset("old");
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  SweepSpace(
      program, clean, 20, [&] { Reset("old"); },
      [&](const FaultyRun& run, const std::string& text) {
        EXPECT_THAT(run.error, testing::HasSubstr("target/f.tar.zst: " + text));
        EXPECT_EQ(ReadFile(file_), "old");
        EXPECT_TRUE(HidesNothing(scratch_ / "target"));
      });
}

// What the disk did not give past the page cache may be in it.
TEST_F(CreateSweepTest, ADirectReadThatFailsIsReadAgain) {
  ASSERT_TRUE(Succeeds("cd " + scratch_.path() +
                       " && head -c 3000000 /dev/urandom > tree/cold && sync tree/cold"));
  if (Shell("dd if=" + (scratch_ / "tree/cold") + " of=/dev/null bs=1M iflag=direct").exit_code !=
      0) {
    SKIP_OR_FAIL("no direct I/O in " + scratch_.path());
  }
  Reset("");
  ASSERT_TRUE(Succeeds("dd if=" + (scratch_ / "tree/cold") + " iflag=nocache count=0"));
  const FaultyProgram program(scratch_, Arguments("-o target/f.tar.zst tree/cold"));
  const FaultyRun run = program.Run("direct\ttree/cold\t0\tEIO");
  EXPECT_TRUE(run.met);
  EXPECT_EQ(run.exit_code, 0) << run.error;
  EXPECT_EQ(
      Shell(IngotCommand() + "cat " + file_ + " tree/cold | cmp - " + (scratch_ / "tree/cold"))
          .exit_code,
      0);
}

// A reader of the stream must not take a part for the whole, whatever went wrong.
TEST_F(CreateSweepTest, AStream) {
  const FaultyProgram program(scratch_,
                              Arguments("-o - tree | cat > stream; exit ${PIPESTATUS[0]}"));
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  ASSERT_OK(MembersOf(scratch_ / "stream"));
  const std::vector<Rule> rules = [] {
    std::vector<Rule> all = {{"write", "pipe:*", "EAGAIN short", {0}},
                             {"write fsync", "pipe:*", "", {1}, Says::kSomething},
                             {"stat poll fcntl", "pipe:*", "", {0, 1}, Says::kSomething}};
    all.insert(all.end(), CreateRules().begin(), CreateRules().end());
    return all;
  }();
  SweepFaults(program, clean,
              {.usual = kUsualFaults,
               .share_met = 0.5,
               .calls = {"open", "read", "stat", "list", "readlink", "write"},
               .reset = [] {},
               .check =
                   [&](const Fault& fault, const FaultyRun& run) {
                     EXPECT_TRUE(EndsAsExpected(rules, fault, run));
                     const bool readable =
                         Shell("tar --zstd -tf " + (scratch_ / "stream")).exit_code == 0;
                     if (run.exit_code == 0 || run.exit_code == 3) {
                       EXPECT_OK(MembersOf(scratch_ / "stream"));
                     } else {
                       EXPECT_FALSE(readable) << run.error;
                     }
                   }});
}

}  // namespace
}  // namespace ingot
