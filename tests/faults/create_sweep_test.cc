// Every operation of a small create fails once, in every way that it can: afterwards there is the
// old file or the complete new one, and the exit code and the line say what happened.
#include <cstring>
#include <random>

#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 120;

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

  // All of it, or (3) all but what the findings name.
  void ExpectComplete(const FaultyRun& run) {
    const absl::StatusOr<std::map<std::string, std::string>> members = MembersOf(file_);
    ASSERT_OK(members);
    for (const auto& [path, facts] : whole_) {
      const auto found = members->find(path);
      if (found != members->end() && found->second == facts) continue;
      EXPECT_EQ(run.exit_code, 3) << path << " is missing or wrong, and nobody says so";
      const bool linked = path == kLinkedFile && Names(run, kLinkedFileCarrier);
      EXPECT_TRUE(linked || Names(run, path)) << path << " is not named: " << run.error;
    }
    if (run.exit_code == 0) {
      EXPECT_EQ(members->size(), whole_.size());
    }
  }

  void Check(const Fault& fault, const FaultyRun& run, const std::string& old) {
    const std::string names =
        Shell("ls -A " + (scratch_ / "target") + " | grep -v '^[.]ingot-'").output;
    if (run.exit_code == 0 || run.exit_code == 3) {
      EXPECT_EQ(names, "f.tar.zst\n");
      ExpectComplete(run);
      if (run.exit_code == 3) {
        EXPECT_TRUE(absl::StartsWith(fault.operation.file, "tree")) << run.error;
      }
    } else {
      ASSERT_EQ(run.exit_code, 1) << run.error;
      const bool as_before = old.empty() ? names.empty() : ReadFile(file_) == old;
      if (!as_before) {
        // Only a directory that could not be synced leaves the new file, and says so.
        EXPECT_EQ(fault.operation.call, "fsync");
        EXPECT_THAT(run.error, testing::HasSubstr("fsync the directory"));
        ExpectComplete(run);
      }
    }
    if (IsHarmless(fault)) {
      EXPECT_EQ(run.exit_code, 0) << run.error;
    }
  }

  void Sweep(const std::string& rest, const std::string& old) {
    const FaultyProgram program(scratch_, Arguments(rest));
    Reset(old);
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    const absl::StatusOr<std::map<std::string, std::string>> members = MembersOf(file_);
    ASSERT_OK(members);
    whole_ = *members;
    SweepFaults(
        program, clean, kUsualFaults, 0.75, [&] { Reset(old); },
        [&](const Fault& fault, const FaultyRun& run) { Check(fault, run, old); });
  }

  ScratchDirectory scratch_;
  const std::string file_ = scratch_ / "target/f.tar.zst";
  std::map<std::string, std::string> whole_;  // of a run without faults
};

TEST_F(CreateSweepTest, ANewFile) { Sweep("-o target/f.tar.zst tree", ""); }

TEST_F(CreateSweepTest, AFileThatIsReplaced) { Sweep("--force -o target/f.tar.zst tree", "old"); }

TEST_F(CreateSweepTest, ADiskThatFillsAtAnyByte) {
  Reset("");
  const FaultyProgram program(scratch_, Arguments("-o target/f.tar.zst tree"));
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  const uint64_t bytes = ReadFile(file_).size();
  std::mt19937_64 random(SweepSeed());
  for (uint64_t round = 0; round < SweepRounds(20); ++round) {
    for (const char* effect : {"ENOSPC", "EDQUOT"}) {
      const std::string fault = absl::StrCat("space\t", random() % bytes, "\t", effect);
      SCOPED_TRACE(absl::StrCat("INGOT_FAULT='", fault, "', seed ", SweepSeed()));
      Reset("");
      const FaultyRun run = program.Run(fault);
      EXPECT_TRUE(run.met);
      EXPECT_EQ(run.exit_code, 1);
      EXPECT_TRUE(SpeaksPlainly(run));
      EXPECT_THAT(run.error, testing::HasSubstr("target/f.tar.zst"));
      EXPECT_THAT(run.error,
                  testing::HasSubstr(std::strcmp(effect, "ENOSPC") == 0 ? "No space left on device"
                                                                        : "Disk quota exceeded"));
      EXPECT_EQ(Shell("ls -A " + (scratch_ / "target")).output, "");
    }
  }
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
  const FaultyRun run = program.Run("read\ttree/cold\t0\tEIO");
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
  SweepFaults(
      program, clean, kUsualFaults / 2, 0.5, [] {},
      [&](const Fault& fault, const FaultyRun& run) {
        const bool readable = Shell("tar --zstd -tf " + (scratch_ / "stream")).exit_code == 0;
        if (run.exit_code == 0 || run.exit_code == 3) {
          EXPECT_OK(MembersOf(scratch_ / "stream"));
        } else {
          EXPECT_EQ(run.exit_code, 1) << run.error;
          EXPECT_FALSE(readable) << run.error;
        }
        if (IsHarmless(fault)) {
          EXPECT_EQ(run.exit_code, 0) << run.error;
        }
      });
}

}  // namespace
}  // namespace ingot
