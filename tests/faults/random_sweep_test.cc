// Larger random trees with several random faults in one run, by the seed: the old file or the new
// one, and the exit code that these faults must give.
#include <sys/stat.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/faults/faulty.h"
#include "tests/faults/rules.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualRounds = 12;
constexpr int kFaultsMax = 6;

class RandomSweepTest : public testing::Test {
 protected:
  uint64_t Below(uint64_t limit) { return random_() % limit; }

  // Directories of directories, with files of up to some slices, links of both kinds, holes.
  void MakeTree() {
    std::string script = in_scratch_ + "rm -rf tree && mkdir tree && cd tree";
    std::vector<std::string> directories = {"."};
    std::string file;
    for (uint64_t i = 0; i < 120; ++i) {
      const std::string path = directories[Below(directories.size())] + absl::StrCat("/", i);
      const uint64_t kind = Below(10);
      if (kind < 2) {
        absl::StrAppend(&script, " && mkdir ", path);
        directories.push_back(path);
      } else if (kind == 2 && !file.empty()) {
        absl::StrAppend(&script, " && ln ", file, " ", path);
      } else if (kind == 3) {
        absl::StrAppend(&script, " && ln -s nowhere ", path);
      } else if (kind == 4) {
        absl::StrAppend(&script, " && truncate -s ", Below(4'000'000), " ", path);
      } else {
        const uint64_t bytes = Below(20) == 0 ? Below(5'000'000) : Below(50'000);
        absl::StrAppend(&script, " && head -c ", bytes, " /dev/urandom > ", path);
        file = path;
      }
    }
    ASSERT_TRUE(Succeeds(script));
  }

  std::vector<Fault> Draw(const FaultyRun& clean) {
    const std::vector<Fault> all = FaultsOf(OperationsOf(clean));
    std::vector<Fault> faults;
    for (uint64_t i = 0; i < 1 + Below(kFaultsMax); ++i) faults.push_back(all[Below(all.size())]);
    return faults;
  }

  static std::string Text(const std::vector<Fault>& faults) {
    return absl::StrJoin(faults, "\n", [](std::string* out, const Fault& fault) {
      absl::StrAppend(out, fault.Text());
    });
  }

  // Those that took place.
  static std::vector<Fault> MetOf(const FaultyRun& run) {
    std::vector<Fault> met;
    for (const std::string& line : run.record) {
      const std::vector<std::string> fields = absl::StrSplit(line, '\t');
      if (fields[0] != "fault" || fields.size() != 5) continue;
      Fault fault{{fields[1], fields[2], 0}, fields[4]};
      EXPECT_TRUE(absl::SimpleAtoi(fields[3], &fault.operation.number));
      met.push_back(std::move(fault));
    }
    return met;
  }

  // A link whose other name cannot be looked at again is stored as a copy, which is as good.
  bool IsOfALink(const Fault& fault) const {
    struct stat stat = {};
    return fault.operation.call == "stat" &&
           lstat((scratch_ / fault.operation.file).c_str(), &stat) == 0 && S_ISREG(stat.st_mode) &&
           stat.st_nlink > 1;
  }

  // A code that one of the faults may give, or 0; not less than what each of them must give.
  void ExpectCode(const std::vector<Rule>& rules, const FaultyRun& run) {
    bool explained = run.exit_code == 0;
    for (const Fault& fault : MetOf(run)) {
      const std::vector<int> codes =
          IsHarmless(fault) ? std::vector<int>{0} : RuleOf(rules, fault).exit_codes;
      const auto has = [&codes](int code) {
        return std::find(codes.begin(), codes.end(), code) != codes.end();
      };
      explained = explained || has(run.exit_code);
      if (run.exit_code == 0) {
        EXPECT_TRUE(has(0) || IsOfALink(fault)) << fault.Text() << " was not told";
      } else if (run.exit_code == 3) {
        EXPECT_TRUE(has(0) || has(3)) << fault.Text() << " was told as a finding: " << run.error;
      }
    }
    EXPECT_TRUE(explained) << run.exit_code << ": " << run.error;
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::mt19937_64 random_{SweepSeed()};
};

TEST_F(RandomSweepTest, Create) {
  const std::string file = scratch_ / "target/f.tar.zst";
  const FaultyProgram program(scratch_, "create --force --threads 3 --frame-size 1M --io " +
                                            TestEngineName() + " -o target/f.tar.zst tree");
  SweepCount count;
  for (uint64_t round = 0; round < SweepRounds(kUsualRounds); ++round) {
    MakeTree();
    const auto reset = [&] {
      ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target"));
      WriteFile(file, "old");
    };
    reset();
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    const absl::StatusOr<std::map<std::string, std::string>> whole = MembersOf(file);
    ASSERT_OK(whole);
    const std::string faults = Text(Draw(clean));
    SCOPED_TRACE(
        absl::StrCat("round ", round, ", seed ", SweepSeed(), ", INGOT_FAULT='", faults, "'"));
    reset();
    const FaultyRun run = program.Run(faults);
    count.Add(run);
    EXPECT_TRUE(SpeaksPlainly(run));
    ExpectCode(CreateRules(), run);
    const bool unlink_failed = absl::StrContains(faults, "unlink");
    EXPECT_TRUE(unlink_failed || HidesNothing(scratch_ / "target"));
    if (run.exit_code == 1 && ReadFile(file) == "old") continue;
    if (run.exit_code == 1) {
      EXPECT_THAT(run.error, testing::HasSubstr("fsync the directory"));
    }
    const absl::StatusOr<std::map<std::string, std::string>> members = MembersOf(file);
    ASSERT_OK(members);
    for (const auto& [path, facts] : *whole) {
      const auto found = members->find(path);
      if (found != members->end() && found->second == facts) continue;
      EXPECT_NE(run.exit_code, 0) << path << " is missing or wrong, and nobody says so";
    }
  }
  std::cout << count.Text() << "\n";
}

TEST_F(RandomSweepTest, Restore) {
  const FaultyProgram program(scratch_, "restore --force --threads 3 f.tar.zst -C out");
  SweepCount count;
  for (uint64_t round = 0; round < SweepRounds(kUsualRounds); ++round) {
    MakeTree();
    ASSERT_TRUE(
        Succeeds(in_scratch_ + IngotCreate() + "--force --frame-size 1M -o f.tar.zst tree"));
    const std::map<std::string, std::string> source = TreeOf(scratch_ / "tree");
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf out"));
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    const std::string faults = Text(Draw(clean));
    SCOPED_TRACE(
        absl::StrCat("round ", round, ", seed ", SweepSeed(), ", INGOT_FAULT='", faults, "'"));
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf out"));
    const FaultyRun run = program.Run(faults);
    count.Add(run);
    EXPECT_TRUE(SpeaksPlainly(run));
    ExpectCode(RestoreRules(), run);
    if (run.exit_code == 0) {
      EXPECT_EQ(TreeOf(scratch_ / "out/tree"), source);
    }
    ASSERT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "restore --force f.tar.zst -C out"));
    EXPECT_EQ(TreeOf(scratch_ / "out/tree"), source);
  }
  std::cout << count.Text() << "\n";
}

}  // namespace
}  // namespace ingot
