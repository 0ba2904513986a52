#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/manifest.h"
#include "tests/tools/command_line.h"
#include "tests/tools/lucene_files.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A small repository with an SQLite database.
class BackupCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
    Write("alf_data/contentstore/2024/1/2/3/4/a.bin", "content a");
    Write("alf_data/contentstore.deleted/2023/1/b.bin", "content b");
    Write("alf_data/audit.contentstore/c.bin", "content c");
    for (const char* core : {"alfresco", "archive"}) {
      Write(absl::StrCat("alf_data/solr4Backup/", core, "/snapshot.20260101020000123/segments_1"),
            EmptyLuceneCommit(1));
      Write(absl::StrCat("alf_data/solr4Backup/", core, "/snapshot.20260102020000123/segments_2"),
            EmptyLuceneCommit(2));
    }
    const ShellResult made = Shell(
        absl::StrCat("python3 -c \"import sqlite3; d = sqlite3.connect('", scratch_ / "alf.db",
                     "'); d.execute('create table t (a)'); d.execute('insert into t values (7)'); "
                     "d.commit()\""));
    ASSERT_EQ(made.exit_code, 0) << made.error;
    Write("alfresco-global.properties",
          absl::StrCat("dir.root=", scratch_ / "alf_data", "\ndb.url=jdbc:sqlite:",
                       scratch_ / "alf.db", "\nindex.subsystem.name=solr4\n", kNoIndexJobs));
    output_ = scratch_ / "out.tar.zst";
  }
  void Write(const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(scratch_ / name).parent_path());
    WriteFile(scratch_ / name, content);
  }
  CommandResult Backup(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"backup", "--io", TestEngineName(), "-o", output_});
    return RunCommand(arguments, {RegisterBackup});
  }
  CommandResult BackupAlfresco(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--alfresco", scratch_ / "alfresco-global.properties"});
    return Backup(arguments);
  }
  std::vector<std::string> Members() {
    return absl::StrSplit(Shell("tar --zstd -tf " + output_ + " | grep -v '/$'").output, '\n',
                          absl::SkipEmpty());
  }
  std::string Content(const std::string& member) {
    return Shell("tar --zstd -xOf " + output_ + " " + member).output;
  }
  Manifest ReadManifest() {
    const absl::StatusOr<Manifest> manifest = ParseManifest(Content(kManifestMember));
    EXPECT_OK(manifest);
    return manifest.ok() ? *manifest : Manifest();
  }
  void ExpectFailure(const CommandResult& result, int exit_code, const std::string& message) {
    EXPECT_EQ(result.exit_code, exit_code) << result.error;
    EXPECT_THAT(result.error, HasSubstr(message));
    EXPECT_FALSE(fs::exists(output_));
  }

  ScratchDirectory scratch_;
  std::string output_;
};

TEST_F(BackupCommandTest, AlfrescoInTheOneSafeOrder) {
  const CommandResult result = BackupAlfresco({});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(Members(), ElementsAre("solr4Backup/alfresco/snapshot.20260102020000123/segments_2",
                                     "solr4Backup/archive/snapshot.20260102020000123/segments_2",
                                     "database/alf.sql", "contentstore/2024/1/2/3/4/a.bin",
                                     "audit.contentstore/c.bin",
                                     "contentstore.deleted/2023/1/b.bin", "ingot/manifest.json"));
  EXPECT_THAT(Content("database/alf.sql"), HasSubstr("VALUES(1,7)"));
  EXPECT_EQ(Content("contentstore/2024/1/2/3/4/a.bin"), "content a");
}

TEST_F(BackupCommandTest, TheManifestRecordsAndProvesTheOrder) {
  ASSERT_EQ(BackupAlfresco({}).exit_code, 0);
  const Manifest manifest = ReadManifest();
  EXPECT_OK(CheckStageOrder(manifest));
  std::vector<std::string> stages;
  for (const ManifestStage& stage : manifest.stages) {
    stages.push_back(absl::StrCat(StageKindName(stage.kind), " ", stage.name));
    EXPECT_GT(stage.members, 0u) << stage.name;
    EXPECT_GT(stage.end_frame, stage.first_frame) << stage.name;
    EXPECT_GT(stage.started.seconds, 1'700'000'000) << stage.name;
  }
  EXPECT_THAT(stages, ElementsAre("index solr4Backup/alfresco/snapshot.20260102020000123",
                                  "index solr4Backup/archive/snapshot.20260102020000123",
                                  "database database/alf.sql", "content contentstore",
                                  "content audit.contentstore", "content contentstore.deleted"));
  EXPECT_EQ(manifest.source, "alfresco");
  EXPECT_EQ(manifest.index_subsystem, "solr4");
  EXPECT_EQ(manifest.database.vendor, "sqlite");
  EXPECT_EQ(manifest.database.member, "database/alf.sql");
  EXPECT_EQ(manifest.properties_file, scratch_ / "alfresco-global.properties");
}

TEST_F(BackupCommandTest, WithoutAlfresco) {
  const CommandResult result = Backup(
      {"--database", "sqlite:" + scratch_ / "alf.db", "--content",
       scratch_ / "alf_data/contentstore", scratch_ / "alf_data/audit.contentstore", "--index",
       scratch_ / "alf_data/solr4Backup", "--also", scratch_ / "alfresco-global.properties"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(Members(), ElementsAre(HasSubstr("solr4Backup/alfresco/snapshot.20260101020000123"),
                                     HasSubstr("solr4Backup/alfresco/snapshot.20260102020000123"),
                                     HasSubstr("solr4Backup/archive/snapshot.20260101020000123"),
                                     HasSubstr("solr4Backup/archive/snapshot.20260102020000123"),
                                     "database/alf.sql", "contentstore/2024/1/2/3/4/a.bin",
                                     "audit.contentstore/c.bin", "alfresco-global.properties",
                                     "ingot/manifest.json"));
  EXPECT_EQ(ReadManifest().source, "repository");
}

TEST_F(BackupCommandTest, ADumpCommandIsRunBeforeContentIsOpened) {
  // The file that the command makes is content: it is there only when content is read afterwards.
  const std::string store = scratch_ / "alf_data/contentstore";
  const CommandResult result =
      Backup({"--dump-command", "echo s3cret >&2; touch " + store + "/late; echo rows; echo done",
              "--dump-expect", "done", "--content", store});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(Content("database/dump.sql"), "rows\ndone\n");
  EXPECT_THAT(Members(), testing::Contains("contentstore/late"));
  EXPECT_EQ(ReadManifest().database.vendor, "command");
  EXPECT_THAT(Content(kManifestMember), Not(HasSubstr("touch")));
}

TEST_F(BackupCommandTest, AFailedDumpIsFiveAndShowsItsLastWords) {
  const std::string store = scratch_ / "alf_data/contentstore";
  ExpectFailure(
      Backup({"--dump-command", "echo rows; echo out of luck >&2; exit 3", "--content", store}), 5,
      "out of luck");
  ExpectFailure(Backup({"--dump-command", "true", "--content", store}), 5, "error");
  ExpectFailure(Backup({"--dump-command", "(echo rows; false) | cat", "--content", store}), 5,
                "error");
  ExpectFailure(
      Backup({"--dump-command", "echo rows", "--dump-expect", "done", "--content", store}), 5,
      "done");
  ExpectFailure(Backup({"--dump-command", "kill -9 $$", "--content", store}), 5, "signal 9");
}

TEST_F(BackupCommandTest, UsageErrors) {
  const std::string store = scratch_ / "alf_data/contentstore";
  const std::string database = "sqlite:" + scratch_ / "alf.db";
  ExpectFailure(Backup({}), 2, "--alfresco");
  ExpectFailure(Backup({"--database", database}), 2, "--content");
  ExpectFailure(Backup({"--content", store}), 2, "--database");
  ExpectFailure(Backup({"--database", database, "--content", store, "--dir-root", "x"}), 2,
                "--alfresco");
  ExpectFailure(Backup({"--database", database, "--content", store, "--dump-expect", "x"}), 2,
                "--dump-command");
  ExpectFailure(Backup({"--database", database, "--dump-command", "x", "--content", store}), 2,
                "--dump-command");
  ExpectFailure(Backup({"--database", "mysql://u:s3cret@h/d", "--content", store}), 2, "password");
  ExpectFailure(BackupAlfresco({"--content", store}), 2, "--content");
  ExpectFailure(BackupAlfresco({"--index", store}), 2, "--solr-backup-dir");
  ExpectFailure(BackupAlfresco({"--set", "dir.root"}), 2, "NAME=VALUE");
  ExpectFailure(BackupAlfresco({"--set", "=x"}), 2, "NAME=VALUE");
  ExpectFailure(BackupAlfresco({"--contentstore", scratch_ / "no"}), 2, "dir.contentstore");
  ExpectFailure(BackupAlfresco({"--solr-backup-dir", scratch_ / "no"}), 2, "remoteBackupLocation");
}

TEST_F(BackupCommandTest, SettingsComeFromFlags) {
  Write("alfresco-global.properties", absl::StrCat("index.subsystem.name=solr4\n", kNoIndexJobs));
  MakeSnapshot(scratch_ / "idx/alfresco/snapshot.1");
  MakeSnapshot(scratch_ / "idx/archive/snapshot.1");
  Write("cs/d.bin", "d");
  Write("deleted/e.bin", "e");
  fs::create_directories(scratch_ / "root");
  const CommandResult result = BackupAlfresco(
      {"--set", "db.name=ecm", "--set", "db.url=jdbc:sqlite:" + scratch_ / "alf.db", "--dir-root",
       scratch_ / "root", "--contentstore", scratch_ / "cs", "--contentstore-deleted",
       scratch_ / "deleted", "--solr-backup-dir", scratch_ / "idx"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(Members(),
              ElementsAre("alfresco/snapshot.1/segments_1", "archive/snapshot.1/segments_1",
                          "database/alf.sql", "cs/d.bin", "deleted/e.bin", "ingot/manifest.json"));
}

TEST_F(BackupCommandTest, IndexNoneIsRecorded) {
  fs::remove_all(scratch_ / "alf_data/solr4Backup");
  ASSERT_EQ(BackupAlfresco({"--index", "none"}).exit_code, 0);
  EXPECT_TRUE(ReadManifest().reindex_needed);
}

}  // namespace
}  // namespace ingot
