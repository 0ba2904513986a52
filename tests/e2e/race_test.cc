// A tree that somebody changes while it is read or written: nothing from outside gets in, nothing
// gets out, and what is torn is told.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/e2e/command.h"
#include "tests/e2e/mutator.h"
#include "tests/servers.h"

namespace ingot {
namespace {

constexpr uint64_t kRounds = 3;
constexpr uint64_t kRunsInARound = 6;

class RaceTest : public testing::Test {
 protected:
  // Of the findings in the container.
  std::set<std::string> Told() {
    const ShellResult json =
        Shell(in_scratch_ + IngotCommand() + "cat f.tar.zst ingot/findings.json");
    std::set<std::string> paths;
    if (json.exit_code != 0) return paths;
    const nlohmann::json findings = nlohmann::json::parse(json.output)["findings"];
    for (const auto& finding : findings) paths.insert(std::string(finding["path"]));
    return paths;
  }

  // Every file that GNU tar restores is a prefix of the pattern, or told.
  void CheckContent(const std::set<std::string>& told) {
    ASSERT_TRUE(
        Succeeds(in_scratch_ + "rm -rf out && mkdir out && tar --zstd -xf f.tar.zst -C out"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_ / "out/tree")) {
      if (!entry.is_regular_file() || entry.is_symlink()) continue;
      const std::string path = std::filesystem::relative(entry.path(), scratch_ / "out");
      const std::string content = ReadFile(entry.path());
      if (Mutator::Pattern().compare(0, content.size(), content) == 0) continue;
      EXPECT_TRUE(told.contains(path)) << path << " of " << content.size() << " bytes is torn";
    }
  }

  ServerDirectory scratch_;  // in memory: it is faster, and less is waited for
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(RaceTest, ATreeThatIsChangedWhileItIsRead) {
  uint64_t findings = 0;
  uint64_t steps = 0;
  for (uint64_t round = 0; round < SweepRounds(kRounds) && !HasFailure(); ++round) {
    SCOPED_TRACE(absl::StrCat("seed ", SweepSeed(), ", round ", round));
    {
      const Mutator mutator(scratch_.path(), SweepSeed() * 1000 + round);
      // Again and again: hot, a walk takes few milliseconds.
      for (uint64_t i = 0; i < kRunsInARound; ++i) {
        const bool backup = i % 3 == 2;
        const ShellResult made =
            Shell(in_scratch_ +
                  (backup ? IngotBackup() + "--dump-command 'echo x' --content tree "
                          : IngotCreate() + "tree ") +
                  "-q --force -o f.tar.zst");
        ASSERT_TRUE(made.exit_code == 0 || made.exit_code == 3) << made.exit_code << made.error;
        ASSERT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify -q f.tar.zst"));
        EXPECT_TRUE(
            ExitsWith(1, in_scratch_ + "zstd -qdc f.tar.zst | grep -aqF " + Mutator::kSecret))
            << "what lies outside got in";
        const std::set<std::string> told = Told();
        EXPECT_TRUE(made.exit_code == 0 || !told.empty()) << made.error;
        // To a backup most are notes: no row refers to the file.
        EXPECT_TRUE(made.exit_code == 3 || told.empty() || backup) << made.error;
        CheckContent(told);
        findings += told.size();
      }
      steps += mutator.steps();
    }
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf out tree outside aside"));
  }
  std::cout << "seed " << SweepSeed() << ", " << kRunsInARound * SweepRounds(kRounds)
            << " containers, " << steps << " changes, " << findings << " findings\n";
  EXPECT_GT(findings, 0u) << "nothing was changed in time: this proves little";
}

// Somebody to whom the target belongs, while root restores into it.
class Attacker {
 public:
  Attacker(const std::string& target, const std::string& outside, uint64_t seed)
      : target_(target), outside_(outside), random_(seed) {
    thread_ = std::thread([this] {
      while (!stop_) Step();
    });
  }
  ~Attacker() {
    stop_ = true;
    thread_.join();
  }
  uint64_t swaps() const { return swaps_; }

 private:
  void Step() {
    const std::string directory = absl::StrCat(target_, "/tree/d", random_() % 20);
    const std::string file = absl::StrCat("f", random_() % 20);
    // Never through a link ourselves: it would be we who change what lies outside.
    const io::Fd opened(open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    switch (random_() % 4) {
      case 0:  // a link in the place of a directory
        if (rename(directory.c_str(), (target_ + "/stash").c_str()) != 0) return;
        swaps_ += symlink(outside_.c_str(), directory.c_str()) == 0;
        usleep(static_cast<useconds_t>(random_() % 100));
        unlink(directory.c_str());
        rename((target_ + "/stash").c_str(), directory.c_str());
        return;
      case 1:
        if (unlinkat(opened.get(), file.c_str(), 0) != 0) return;
        swaps_ += symlinkat((outside_ + "/victim").c_str(), opened.get(), file.c_str()) == 0;
        return;
      case 2:
        if (unlinkat(opened.get(), file.c_str(), 0) != 0) return;
        swaps_ +=
            linkat(AT_FDCWD, (outside_ + "/victim").c_str(), opened.get(), file.c_str(), 0) == 0;
        return;
      default:
        if (symlink(outside_.c_str(), (target_ + "/link").c_str()) != 0) return;
        swaps_ += renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, (target_ + "/link").c_str(),
                            RENAME_EXCHANGE) == 0;
        usleep(static_cast<useconds_t>(random_() % 100));
        renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, (target_ + "/link").c_str(),
                  RENAME_EXCHANGE);
        unlink((target_ + "/link").c_str());
    }
  }

  const std::string target_, outside_;
  std::mt19937_64 random_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> swaps_{0};
  std::thread thread_;
};

TEST_F(RaceTest, ATargetThatIsChangedWhileItIsWritten) {
  ASSERT_TRUE(Succeeds(
      in_scratch_ +
      "mkdir -p tree target outside && echo victim > outside/victim && echo x > outside/f3 && "
      "chmod "
      "640 outside/* && chmod 750 outside && touch -d 2001-01-01 outside/* outside && for i in "
      "{0..19}; do mkdir tree/d$i; for j in {0..13}; do echo $i $j > tree/d$i/f$j; chmod 4777 "
      "tree/d$i/f$j; done; mkfifo -m 666 tree/d$i/f14 tree/d$i/f15; ln -s nowhere tree/d$i/f16; ln "
      "tree/d$i/f1 tree/d$i/f17; truncate -s 1M tree/d$i/f18; mkdir -m 777 tree/d$i/f19; chmod 777 "
      "tree/d$i; done; " +
      IngotCreate() + "-q -o f.tar.zst tree"));
  const std::string look = "find " + (scratch_ / "outside") +
                           " -printf '%P %y %m %U %G %s %T@\\n' | sort && cat " +
                           (scratch_ / "outside/victim");
  const std::string before = Shell(look).output;
  uint64_t swaps = 0;
  for (uint64_t round = 0; round < SweepRounds(kRounds) && !HasFailure(); ++round) {
    SCOPED_TRACE(absl::StrCat("seed ", SweepSeed(), ", round ", round));
    const Attacker attacker(scratch_ / "target", scratch_ / "outside", SweepSeed() * 1000 + round);
    for (uint64_t i = 0; i < kRunsInARound; ++i) {
      const ShellResult restored =
          Shell(in_scratch_ + IngotCommand() + "restore -q --force f.tar.zst -C target");
      ASSERT_TRUE(restored.exit_code == 0 || restored.exit_code == 1) << restored.error;
      ASSERT_EQ(Shell(look).output, before) << "it got out";
    }
    swaps += attacker.swaps();
  }
  std::cout << "seed " << SweepSeed() << ", " << kRunsInARound * SweepRounds(kRounds)
            << " restores, " << swaps << " swaps\n";
  EXPECT_GT(swaps, 100u) << "little was swapped: this proves little";
}

}  // namespace
}  // namespace ingot
