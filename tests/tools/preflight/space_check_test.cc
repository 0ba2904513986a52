#include "tools/preflight/space_check.h"

#include "tests/testing.h"
#include "tests/tools/preflight/checks.h"

namespace ingot {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

SizeEvidence Earlier(uint64_t bytes) {
  SizeEvidence evidence;
  evidence.earlier = EarlierBackup{"/backup/monday.tar.zst", bytes};
  return evidence;
}

TEST(JudgeSpaceTest, ByAnEarlierBackup) {
  ExpectOne(JudgeSpace(Earlier(10 * kGiB), 12 * kGiB, "/backup"), Severity::kNote, "free-space",
            {"12.0 GiB", "/backup/monday.tar.zst", "10.0 GiB"});
  ExpectOne(JudgeSpace(Earlier(10 * kGiB), 10 * kGiB, "/backup"), Severity::kWarning, "free-space",
            {"10.0 GiB", "-o"});
  const PreflightResult too_little = JudgeSpace(Earlier(10 * kGiB), 7 * kGiB, "/backup");
  ExpectOne(too_little, Severity::kError, "free-space", {"7.0 GiB", "/backup"});
  EXPECT_EQ(too_little.verdict.code(), absl::StatusCode::kResourceExhausted);
}

TEST(JudgeSpaceTest, BySourcesThatWereWalkedToTheirEnds) {
  SizeEvidence evidence;
  evidence.sources = 90 * kGiB;
  evidence.database = 10 * kGiB;
  ExpectOne(JudgeSpace(evidence, 100 * kGiB, "/b"), Severity::kNote, "free-space",
            {"at most about 100.0 GiB", "10.0 GiB of database"});
  ExpectOne(JudgeSpace(evidence, 60 * kGiB, "/b"), Severity::kWarning, "free-space", {"60.0 GiB"});
  ExpectOne(JudgeSpace(evidence, 1 * kGiB, "/b"), Severity::kError, "free-space", {"1.0 GiB"});
}

TEST(JudgeSpaceTest, ARepositoryThatShrankNeedsNoMoreThanItHolds) {
  SizeEvidence evidence = Earlier(100 * kGiB);
  evidence.sources = kGiB;
  ExpectOne(JudgeSpace(evidence, 2 * kGiB, "/b"), Severity::kNote, "free-space", {"1.0 GiB"});
}

TEST(JudgeSpaceTest, WhatFileSystemsHoldProvesRoomAndNeverItsLack) {
  SizeEvidence evidence;
  evidence.used = 100 * kGiB;
  ExpectOne(JudgeSpace(evidence, 200 * kGiB, "/b"), Severity::kNote, "free-space",
            {"file systems", "100.0 GiB", "database, of which the size is not known"});
  ExpectOne(JudgeSpace(evidence, kGiB, "/b"), Severity::kWarning, "free-space", {"not known"});
}

TEST(CollectEvidenceTest, TheSampleCountsOnlyWhenItIsComplete) {
  ScratchDirectory scratch;
  BackupPlan plan;
  plan.content.push_back(
      {TreeRoot{.source_path = scratch.path(), .member_path = "c"}, StageRole::kContentStore});
  SourceSample sample;
  sample.bytes = kGiB;
  const SizeEvidence part = CollectEvidence(plan, sample, {}, {});
  EXPECT_FALSE(part.sources.has_value());
  EXPECT_GT(part.used, 0u);
  EXPECT_FALSE(part.earlier.has_value());
  sample.complete = true;
  EXPECT_EQ(CollectEvidence(plan, sample, {}, {}).sources, kGiB);
}

TEST(JudgeSpoolTest, ADumpThatDoesNotFitAside) {
  ExpectOne(JudgeSpool({.bytes = kGiB}, kGiB / 2, "/tmp"), Severity::kWarning, "spool",
            {"/tmp", "TMPDIR"});
  ExpectNone(JudgeSpool({.bytes = kGiB}, 2 * kGiB, "/tmp"), "spool");
  ExpectOne(JudgeSpool({}, kGiB, "/tmp"), Severity::kNote, "spool", {"1.0 GiB"});
}

}  // namespace
}  // namespace ingot
