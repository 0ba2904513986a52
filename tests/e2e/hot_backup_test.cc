// When a backup may start, and what happens when an index job does not keep to its time.
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/manifest.h"
#include "tests/e2e/command.h"
#include "tests/tools/lucene_files.h"
#include "tests/tools/solr/solr_server.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSnapshot[] = "solr4Backup/alfresco/snapshot.20260102020000123";

class HotBackupTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        Succeeds(ProjectScript("make_demo_repository.py") + (scratch_ / "repo") + " --files 30"));
  }

  std::string Command(const std::string& flags = "") const {
    return in_scratch_ + IngotBackup() +
           "--alfresco repo/alfresco-global.properties -o f.tar.zst " + flags;
  }
  // The job of core alfresco begins with this day, and goes on all day.
  static std::string JobIsRunning() {
    return absl::StrCat(
        "--window-length 24h --time-zone UTC --set "
        "'solr.backup.alfresco.cronExpression=",
        absl::FormatTime("0 0 0 %d %m ? *", absl::Now(), absl::UTCTimeZone()), "' ");
  }
  bool Published() const { return Shell("test -e " + (scratch_ / "f.tar.zst")).exit_code == 0; }
  Manifest ReadManifest() {
    const absl::StatusOr<Manifest> manifest = ParseManifest(
        Shell(in_scratch_ + IngotCommand() + "cat f.tar.zst " + kManifestMember).output);
    EXPECT_OK(manifest);
    return manifest.ok() ? *manifest : Manifest();
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(HotBackupTest, InAJobsWindowItDoesNotStart) {
  ShellResult result;
  EXPECT_TRUE(ExitsWith(75, Command(JobIsRunning()), &result)) << "now";
  EXPECT_THAT(result.error, HasSubstr("solr.backup.alfresco.cronExpression"));
  EXPECT_THAT(result.error, HasSubstr("it may start at 20"));
  EXPECT_FALSE(Published());
  EXPECT_TRUE(ExitsWith(75, Command("--check " + JobIsRunning())));
  EXPECT_TRUE(Succeeds(Command("--ignore-windows " + JobIsRunning())));
}

TEST_F(HotBackupTest, ItWaitsForTheEndOfTheWindow) {
  // A window of seven seconds in every ten leaves three.
  ShellResult result;
  ASSERT_TRUE(
      Succeeds(Command("--wait=2m --window-length 7s --expected-duration 1s --time-zone UTC --set "
                       "'solr.backup.alfresco.cronExpression=0/10 * * * * ?'"),
               &result));
  EXPECT_TRUE(Published());
  EXPECT_GE(ReadManifest().stages[0].started.seconds % 10, 7);
}

TEST_F(HotBackupTest, WhenTheWaitIsTooShortItIsTryLater) {
  EXPECT_TRUE(ExitsWith(
      75, Command("--wait=1s --time-zone UTC --set 'solr.backup.alfresco.cronExpression=0 0 * * * "
                  "?' --window-length 59m --expected-duration 1m")));
  EXPECT_FALSE(Published());
}

TEST_F(HotBackupTest, ARunThatIsLongerThanAnyGapIsToldWhatToDo) {
  ShellResult result;
  EXPECT_TRUE(ExitsWith(2,
                        Command("--expected-duration 2h --set "
                                "'solr.backup.alfresco.cronExpression=0 0 * * * ?'"),
                        &result));
  EXPECT_THAT(result.error, HasSubstr("--window=stage"));
}

TEST_F(HotBackupTest, CheckWritesNothing) {
  ShellResult result;
  EXPECT_TRUE(Succeeds(Command("--check"), &result));
  EXPECT_THAT(result.error, HasSubstr("nothing stops a backup"));
  EXPECT_FALSE(Published());
  EXPECT_TRUE(ExitsWith(2, Command("--check --dir-root /nowhere"), &result));
  EXPECT_THAT(result.error, HasSubstr("/nowhere"));
  EXPECT_TRUE(ExitsWith(5, Command("--check --database sqlite:/nowhere.db")));
}

TEST_F(HotBackupTest, TheChecksAreInTheManifest) {
  ASSERT_TRUE(Succeeds(Command()));
  std::vector<std::string> subjects;
  for (const Check& check : ReadManifest().checks) subjects.push_back(check.subject);
  EXPECT_THAT(subjects, testing::IsSupersetOf({"window", "free-space", "index-age"}));
}

TEST_F(HotBackupTest, TwoRunsKeepApart) {
  ShellResult result;
  EXPECT_TRUE(ExitsWith(
      75,
      absl::StrCat("cd ", scratch_.path(), "; exec 9< repo/alf_data; flock 9; ", IngotBackup(),
                   "--alfresco repo/alfresco-global.properties -o f.tar.zst"),
      &result));
  EXPECT_THAT(result.error, HasSubstr("another run holds the lock"));
  EXPECT_FALSE(Published());
}

TEST_F(HotBackupTest, ItWaitsForTheOtherRunToo) {
  ShellResult result;
  EXPECT_TRUE(
      Succeeds(absl::StrCat("cd ", scratch_.path(),
                            "; (flock 9; sleep 1) 9< repo/alf_data & sleep 0.3; ", IngotBackup(),
                            "--alfresco repo/alfresco-global.properties -o f.tar.zst "
                            "--wait=1m"),
               &result));
  EXPECT_THAT(result.error, HasSubstr("another run holds the lock: waiting for it, at most 1"));
  EXPECT_TRUE(Published());
}

TEST_F(HotBackupTest, TheOnlySnapshotIsBeingWritten) {
  ShellResult result;
  ASSERT_TRUE(
      Succeeds(in_scratch_ +
               "cd repo/alf_data/solr4Backup/archive && rm -r * && mkdir "
               "snapshot.20990101020000123 && echo half > snapshot.20990101020000123/_0.fdt"));
  EXPECT_TRUE(ExitsWith(75, Command(), &result)) << "and not 2: soon there will be one";
  EXPECT_THAT(result.error, HasSubstr("snapshot.20990101020000123 is being written"));
}

TEST_F(HotBackupTest, ContentThatLiesWhereTheServerDoesNotLook) {
  ASSERT_TRUE(Succeeds(in_scratch_ +
                       "cd repo/alf_data && mv contentstore contentstore.old && mkdir "
                       "contentstore"));
  ShellResult result;
  ASSERT_TRUE(Succeeds(Command(), &result));
  EXPECT_THAT(result.error, HasSubstr("warning: recoverable: store://"));
  EXPECT_EQ(ReadManifest().join->recoverable, 30u);
  EXPECT_EQ(ReadManifest().join->present, 0u);
}

TEST_F(HotBackupTest, AnIndexThatIsBeingWrittenIsTryLater) {
  const std::string snapshot =
      scratch_ / "repo/alf_data/solr4Backup/alfresco/snapshot.20990101020000123";
  ASSERT_TRUE(Succeeds("mkdir " + snapshot + " && echo half > " + snapshot + "/_0.fdt"));
  ShellResult result;
  EXPECT_TRUE(ExitsWith(75, Command(), &result));
  EXPECT_THAT(result.error, HasSubstr(snapshot));
  EXPECT_FALSE(Published());
  // Left behind long ago by a job that was killed, it is passed over.
  ASSERT_TRUE(Succeeds("touch -d '1 hour ago' " + snapshot + "/_0.fdt " + snapshot));
  EXPECT_TRUE(Succeeds(Command(), &result));
  EXPECT_THAT(result.error, HasSubstr("not a whole snapshot"));
  EXPECT_EQ(ReadManifest().stages[0].name, kSnapshot);
}

TEST_F(HotBackupTest, AJobThatStartsWhileTheIndexIsCopiedIsTryLater) {
  // The copy of a file that takes a while; the job begins when a part of it has been read.
  const std::string large = absl::StrCat(scratch_.path(), "/repo/alf_data/", kSnapshot, "/large");
  if (!Allocate(large, uint64_t{1} << 30)) SKIP_OR_FAIL("no room for 1 GiB");
  ShellResult result;
  EXPECT_TRUE(ExitsWith(
      75,
      absl::StrCat("cd ", scratch_.path(), "; (exec ", IngotBackup(),
                   "--alfresco repo/alfresco-global.properties -o f.tar.zst) & pid=$!; "
                   "for i in {1..2000}; do awk '/^rchar/ {exit $2 < 1e8}' /proc/$pid/io && "
                   "break; sleep 0.005; done; mkdir ",
                   scratch_ / "repo/alf_data/solr4Backup/archive/snapshot.20990101020000123",
                   "; wait $pid"),
      &result));
  EXPECT_THAT(result.error, HasSubstr("snapshot.20990101020000123 has appeared"));
  EXPECT_FALSE(Published());
}

TEST_F(HotBackupTest, AJobThatStartsLaterIsAFinding) {
  const std::string job = absl::StrCat("--dump-command 'mkdir ", scratch_ / "repo/alf_data",
                                       "/solr4Backup/archive/snapshot.20990101020000123; echo x' ");
  ShellResult result;
  EXPECT_TRUE(ExitsWith(3, Command(job), &result));
  EXPECT_THAT(result.error, HasSubstr("an index job ran during the backup"));
  EXPECT_EQ(ReadManifest().findings["index-job"], 1u);
  // Where the index stage alone has to keep clear, it is what was to be expected.
  ASSERT_TRUE(
      Succeeds("cd " + scratch_.path() +
               " && rm f.tar.zst && rmdir repo/alf_data/solr4Backup/archive/snapshot.2099*"));
  EXPECT_TRUE(ExitsWith(0, Command("--window=stage " + job), &result));
  EXPECT_THAT(result.error, HasSubstr("after the index stage"));
}

TEST_F(HotBackupTest, SolrIsAskedForTheSnapshotThatIsTaken) {
  MakeSnapshot(scratch_ / "index");
  const SolrServer solr(scratch_ / "scenario", {{"snapshot", scratch_ / "index"}});
  ShellResult result;
  ASSERT_TRUE(Succeeds(
      Command("--solr-backup --solr-url http://127.0.0.1:" + solr.port() + "/solr"), &result));
  EXPECT_THAT(result.error, HasSubstr("core alfresco: Solr made snapshot.20"));
  const Manifest manifest = ReadManifest();
  for (const size_t stage : {0, 1}) {
    EXPECT_THAT(manifest.stages[stage].name, HasSubstr("/snapshot.20"));
    EXPECT_THAT(manifest.stages[stage].name, Not(HasSubstr("/snapshot.202601")));
  }
  EXPECT_THAT(solr.Log(), HasSubstr("/solr/archive/replication?command=backup"));
}

TEST_F(HotBackupTest, WhenSolrFailsThereIsNoBackup) {
  MakeSnapshot(scratch_ / "index");
  const SolrServer solr(scratch_ / "scenario", {{"snapshot", scratch_ / "index"}, {"status", 401}});
  ShellResult result;
  EXPECT_TRUE(ExitsWith(
      1, Command("--solr-backup --solr-url http://127.0.0.1:" + solr.port() + "/solr"), &result));
  EXPECT_THAT(result.error, HasSubstr("401"));
  EXPECT_FALSE(Published());
}

TEST_F(HotBackupTest, WithoutAnIndexTheManifestSaysThatItMustBeRebuilt) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "rm -r repo/alf_data/solr4Backup"));
  ASSERT_TRUE(Succeeds(Command("--index none")));
  EXPECT_TRUE(ReadManifest().reindex_needed);
}

}  // namespace
}  // namespace ingot
