// The preflight as a whole.
#include "tools/preflight/preflight.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/io/mounted_tmpfs.h"
#include "tests/testing.h"
#include "tests/tools/preflight/checks.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

class PreflightTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD", "TZ"}) unsetenv(name);
    fs::create_directories(scratch_ / "content");
    fs::create_directories(scratch_ / "backup");
    WriteFile(scratch_ / "content/a.bin", std::string(3 << 20, 'a'));
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open((scratch_ / "dms.db").c_str(), &connection), SQLITE_OK);
    sqlite3_exec(connection, "CREATE TABLE t(a)", nullptr, nullptr, nullptr);
    sqlite3_close(connection);
    plan_.source = "repository";
    plan_.dump.url.vendor = tools::DatabaseVendor::kSqlite;
    plan_.dump.url.database = scratch_ / "dms.db";
    plan_.content.push_back(
        {TreeRoot{
             .source_path = scratch_ / "content", .member_path = "content", .follow_symlink = true},
         StageRole::kContentStore});
    options_.output = scratch_ / "backup/new.tar.zst";
  }
  PreflightResult Run() { return CheckBackup(plan_, options_); }

  ScratchDirectory scratch_;
  BackupPlan plan_;
  PreflightOptions options_;
};

TEST_F(PreflightTest, AGoodRepositoryHasNothingButNotes) {
  const PreflightResult result = Run();
  EXPECT_OK(result.verdict);
  for (const Check& check : result.checks) {
    EXPECT_EQ(check.severity, Severity::kNote) << check.subject << ": " << CheckText(check);
  }
  ExpectOne(result, Severity::kNote, "free-space", {"by the size of the sources", "3.0 MiB"});
}

TEST_F(PreflightTest, NothingIsWrittenAnywhere) {
  const auto listing = [&] {
    return Shell(absl::StrCat("find ", scratch_.path(), " -printf '%p %s %T@ %C@\\n' | sort"))
        .output;
  };
  const std::string before = listing();
  Run();
  EXPECT_EQ(listing(), before);
}

TEST_F(PreflightTest, TheWorstIsTheVerdict) {
  plan_.dump.url.database = scratch_ / "nowhere.db";
  EXPECT_EQ(Run().verdict.code(), absl::StatusCode::kAborted);
  options_.output = scratch_ / "nowhere/new.tar.zst";
  EXPECT_EQ(Run().verdict.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PreflightTest, AnEarlierBackupTellsWhatIsNeeded) {
  options_.earlier.largest = EarlierBackup{scratch_ / "backup/old.tar.zst", 5000};
  options_.sample.entries_max = 0;  // as if the trees were too large to be walked
  ExpectOne(Run(), Severity::kNote, "free-space", {"by an earlier backup", "old.tar.zst"});
}

TEST_F(PreflightTest, ATargetWithoutRoom) {
  const io::MountedTmpfs small(64 << 10);
  if (!small.mounted()) SKIP_OR_FAIL("mounting needs root");
  options_.output = small / "new.tar.zst";
  const PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "free-space", {"64.0 KiB are free", small.path()});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(PreflightTest, APipeHasNoTargetButASpool) {
  options_.output = "-";
  options_.spool_directory = scratch_ / "nowhere";
  PreflightResult result = Run();
  ExpectNone(result, "target");
  ExpectNone(result, "free-space");
  ExpectOne(result, Severity::kError, "spool", {scratch_ / "nowhere", "TMPDIR"});
  options_.spool_directory = scratch_.path();
  ExpectNone(Run(), "spool");
  ASSERT_EQ(mkfifo((scratch_ / "pipe").c_str(), 0600), 0);
  options_.output = scratch_ / "pipe";
  result = Run();
  ExpectNone(result, "target");
  ExpectNone(result, "free-space");
}

}  // namespace
}  // namespace ingot
