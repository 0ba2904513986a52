// Memory is refused: one line, exit code 1, nothing published; or all is done without it. What a
// restore has done then can be completed.
#include <csignal>
#include <functional>
#include <iostream>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "tests/faults/faulty.h"
#include "tests/faults/small_tree.h"

namespace ingot {
namespace {

class MemorySweepTest : public testing::Test {
 protected:
  void SetUp() override {
    MakeSmallTree(scratch_);
    ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir target && " + IngotCreate() +
                         "--frame-size 1M -o whole.tar.zst tree"));
  }

  void Reset() { ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target out && mkdir target")); }

  void ExpectNothingOrAll(const FaultyRun& run) {
    const std::string names = Shell(in_scratch_ + "ls -A target | grep -v '^[.]ingot-'").output;
    if (run.exit_code == 0) {
      EXPECT_OK(MembersOf(scratch_ / "target/f.tar.zst"));
    } else {
      EXPECT_EQ(run.exit_code, 1) << run.error;
      EXPECT_EQ(names, "");
      EXPECT_TRUE(SpeaksPlainly(run));
    }
  }

  // Each allocation of 4 KiB or more of a run is refused.
  void Sweep(const std::string& arguments, const std::function<void(const FaultyRun&)>& check) {
    const FaultyProgram program(scratch_, arguments);
    Reset();
    const FaultyRun clean = program.Run("");
    ASSERT_EQ(clean.exit_code, 0) << clean.error;
    check(clean);
    uint64_t allocations = 0;
    for (const std::string& line : clean.record) {
      const std::vector<std::string> fields = absl::StrSplit(line, '\t');
      if (fields[0] != "memory") continue;
      ASSERT_TRUE(absl::SimpleAtoi(fields[2], &allocations));
    }
    ASSERT_GT(allocations, 10u);
    SweepCount count;
    for (uint64_t number = 0; number < allocations; ++number) {
      const std::string fault = absl::StrCat("memory\t", number);
      SCOPED_TRACE(absl::StrCat("INGOT_FAULT='", fault, "'"));
      Reset();
      const FaultyRun run = program.Run(fault);
      count.Add(run);
      EXPECT_TRUE(SpeaksPlainly(run));
      check(run);
    }
    std::cout << count.Text() << "\n";
    EXPECT_GT(count.met, count.runs * 3 / 4);
    EXPECT_GT(count.exit_codes[1], 0u);
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(MemorySweepTest, Create) {
  Sweep("create --threads 2 --frame-size 1M --io " + TestEngineName() + " -o target/f.tar.zst tree",
        [&](const FaultyRun& run) { ExpectNothingOrAll(run); });
}

TEST_F(MemorySweepTest, Backup) {
  Sweep("backup --threads 2 --frame-size 1M --io " + TestEngineName() +
            " --dump-command 'seq 300000' --dump-expect 300000 --content tree -o target/f.tar.zst",
        [&](const FaultyRun& run) { ExpectNothingOrAll(run); });
}

TEST_F(MemorySweepTest, Verify) {
  Sweep("verify --threads 2 --quiet whole.tar.zst", [](const FaultyRun& run) {
    EXPECT_TRUE(run.exit_code == 0 || run.exit_code == 1) << run.exit_code << run.error;
  });
}

TEST_F(MemorySweepTest, Restore) {
  const std::map<std::string, std::string> source = TreeOf(scratch_ / "tree");
  Sweep("restore --threads 2 whole.tar.zst -C out", [&](const FaultyRun& run) {
    EXPECT_TRUE(run.exit_code == 0 || run.exit_code == 1) << run.exit_code << run.error;
    if (run.exit_code != 0) {
      EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "restore --force whole.tar.zst -C out"));
    }
    EXPECT_EQ(TreeOf(scratch_ / "out/tree"), source);
  });
}

// "fewer --threads need less" helps nobody whose verb has no --threads.
TEST_F(MemorySweepTest, WhatHelpsIsAnOptionOfTheVerb) {
  const std::vector<std::pair<std::string, std::string>> runs = {
      {"create", "-o target/f.tar.zst tree"},
      {"verify", "whole.tar.zst"},
      {"restore", "whole.tar.zst -C target/out"},
      {"salvage", "whole.tar.zst -C target/out"},
      {"list", "whole.tar.zst"},
      {"cat", "whole.tar.zst tree/d/text"},
      {"info", "whole.tar.zst"}};
  for (const auto& [verb, arguments] : runs) {
    SCOPED_TRACE(verb);
    const std::string help = Shell(IngotCommand() + verb + " --help").output;
    const FaultyProgram program(scratch_, verb + " " + arguments);
    int told = 0;
    for (int number = 0; number < 10; ++number) {
      const FaultyRun refused = program.Run(absl::StrCat("memory\t", number));
      if (absl::StrContains(refused.error, "out of memory")) ++told;
      for (const absl::string_view word : absl::StrSplit(refused.error, ' ')) {
        EXPECT_TRUE(!absl::StartsWith(word, "--") || absl::StrContains(help, word)) << word;
      }
      ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target"));
    }
    EXPECT_GT(told, 0);
  }
}

// The kernel's own refusal, at any size of the address space.
TEST_F(MemorySweepTest, AnAddressSpaceThatIsTooSmall) {
  std::mt19937_64 random(SweepSeed());
  uint64_t failed = 0;
  for (uint64_t round = 0; round < SweepRounds(20); ++round) {
    const uint64_t kib = 60'000 + random() % 600'000;
    SCOPED_TRACE(absl::StrCat("ulimit -v ", kib, ", seed ", SweepSeed()));
    const ShellResult result =
        Shell(in_scratch_ + "ulimit -v " + absl::StrCat(kib) + "; " + Quote(INGOT_BINARY) +
              " --version > version 2>&1 || exit 77; exec timeout -s ABRT 120 " + IngotCreate() +
              "--frame-size 1M -o target/f.tar.zst tree");
    if (result.exit_code == 77) continue;  // not even the loader has enough
    // Abseil ends the process itself where its own allocator gets nothing.
    const bool by_abseil = absl::StrContains(result.error, "[low_level_alloc.cc : ");
    if (by_abseil && result.exit_code == 128 + SIGABRT) {
      EXPECT_EQ(Shell(in_scratch_ + "ls -A target | grep -v '^[.]ingot-'").output, "");
      Reset();
      ++failed;
      continue;
    }
    ExpectNothingOrAll({.exit_code = result.exit_code, .error = result.error});
    Reset();
    failed += result.exit_code == 1 ? 1 : 0;
  }
  EXPECT_GT(failed, 0u);
}

}  // namespace
}  // namespace ingot
