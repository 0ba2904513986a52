#include "tools/preflight/system_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/time/clock.h"
#include "tests/testing.h"
#include "tests/tools/preflight/checks.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

class SystemCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    chmod(scratch_.path().c_str(), 0755);
    fs::create_directories(scratch_ / "content");
    plan_.content.push_back(
        {TreeRoot{
             .source_path = scratch_ / "content", .member_path = "content", .follow_symlink = true},
         StageRole::kContentStore});
    unsetenv("TZ");
  }
  void TearDown() override { unsetenv("TZ"); }

  template <typename Run>
  PreflightResult AsNobody(Run run) {
    const bool is_root = geteuid() == 0;
    EXPECT_EQ(is_root ? seteuid(kNobody) : 0, 0);
    PreflightResult result = run();
    EXPECT_EQ(is_root ? seteuid(0) : 0, 0);
    return result;
  }

  ScratchDirectory scratch_;
  BackupPlan plan_;
};

TEST_F(SystemCheckTest, ARootThatCannotBeOpenedStopsTheRun) {
  ExpectNone(CheckReadable(plan_, {}), "unreadable");
  chmod((scratch_ / "content").c_str(), 0);
  const PreflightResult result = AsNobody([&] { return CheckReadable(plan_, {}); });
  ExpectOne(result, Severity::kError, "unreadable", {scratch_ / "content", "run as root"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(SystemCheckTest, WhatIsNotNeededDoesNotStopIt) {
  plan_.content[0].role = StageRole::kOther;
  chmod((scratch_ / "content").c_str(), 0);
  const PreflightResult result = AsNobody([&] { return CheckReadable(plan_, {}); });
  ExpectOne(result, Severity::kWarning, "unreadable", {scratch_ / "content", "run as root"});
  EXPECT_OK(result.verdict);
}

TEST_F(SystemCheckTest, WhatTheSampleMetIsAWarning) {
  SourceSample sample;
  sample.entries = 20'000;
  sample.unreadable = 1234;
  sample.unreadable_names = {"/c/a", "/c/b", "/c/d"};
  ExpectOne(CheckReadable(plan_, sample), Severity::kWarning, "unreadable",
            {"at least 1,234 of 20,000", "/c/a, /c/b, /c/d, ...", "run as root"});
  sample.complete = true;
  ExpectOne(CheckReadable(plan_, sample), Severity::kWarning, "unreadable",
            {"1,234 of 20,000 files and directories"});
}

TEST_F(SystemCheckTest, NeitherRootNorTheOwner) {
  if (geteuid() != 0) SKIP_OR_FAIL("changing users needs root");
  ExpectNone(CheckRights(plan_), "rights");
  ExpectOne(AsNobody([&] { return CheckRights(plan_); }), Severity::kNote, "rights",
            {"65534", scratch_ / "content"});
  ASSERT_EQ(chown((scratch_ / "content").c_str(), kNobody, kNobody), 0);
  ExpectNone(AsNobody([&] { return CheckRights(plan_); }), "rights");
}

TEST_F(SystemCheckTest, OpenFiles) {
  ExpectOne(CheckOpenFiles(256), Severity::kWarning, "open-files", {"256", "LimitNOFILE"});
  ExpectNone(CheckOpenFiles(kOpenFilesMin), "open-files");
  EXPECT_GT(OpenFilesHardLimit(), 0u);
}

TEST_F(SystemCheckTest, AClockBehindItsFiles) {
  ExpectNone(CheckClock(plan_, absl::Now()), "clock");
  ExpectOne(CheckClock(plan_, absl::Now() - absl::Hours(24)), Severity::kWarning, "clock",
            {scratch_ / "content", "timedatectl"});
}

TEST_F(SystemCheckTest, ATimeZoneThatIsNone) {
  setenv("TZ", "Europe/Nowhere", 1);
  ExpectOne(CheckClock(plan_, absl::Now()), Severity::kWarning, "clock",
            {"Europe/Nowhere", "tzdata"});
  setenv("TZ", "CET-1CEST", 1);
  ExpectNone(CheckClock(plan_, absl::Now()), "clock");
}

}  // namespace
}  // namespace ingot
