#include "tools/alfresco/repository.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/core/restore/nobody.h"
#include "tests/testing.h"
#include "tests/tools/lucene_files.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tools::DatabaseVendor;

class RepositoryTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
    Directory("alf_data/contentstore");
    Directory("alf_data/contentstore.deleted");
    Snapshot("alf_data/solr4Backup/alfresco/snapshot.20260101020000123");
    Snapshot("alf_data/solr4Backup/alfresco/snapshot.20260102020000123");
    Snapshot("alf_data/solr4Backup/archive/snapshot.20260102040000123");
    Configure("");
    request_.properties_file = scratch_ / "alfresco-global.properties";
    request_.output = scratch_ / "out/backup.tar.zst";
  }

  void Directory(const std::string& name) { fs::create_directories(scratch_ / name); }
  void Snapshot(const std::string& name) { MakeSnapshot(scratch_ / name); }
  void Configure(const std::string& more) {
    WriteFile(scratch_ / "alfresco-global.properties",
              absl::StrCat("dir.root=", scratch_.path(), "/alf_data\n",
                           "db.url=jdbc:postgresql://db/${db.name}\n"
                           "db.username=alf\ndb.password=s3cret\n"
                           "index.subsystem.name=solr4\n",
                           more));
  }

  BackupPlan Plan() {
    absl::StatusOr<BackupPlan> plan = PlanAlfresco(request_);
    EXPECT_OK(plan);
    return plan.ok() ? *std::move(plan) : BackupPlan();
  }
  void ExpectUsageError(const std::vector<std::string>& messages) {
    const absl::StatusOr<BackupPlan> plan = PlanAlfresco(request_);
    EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument) << plan.status();
    for (const std::string& message : messages) {
      EXPECT_THAT(std::string(plan.status().message()), HasSubstr(message));
    }
  }
  template <typename Root>
  static std::vector<std::string> Members(const std::vector<Root>& roots) {
    std::vector<std::string> members;
    for (const TreeRoot& root : roots) members.push_back(root.member_path);
    return members;
  }

  ScratchDirectory scratch_;
  AlfrescoRequest request_;
};

TEST_F(RepositoryTest, ADefaultRepository) {
  const BackupPlan plan = Plan();
  EXPECT_EQ(plan.source, "alfresco");
  EXPECT_EQ(plan.index_subsystem, "solr4");
  EXPECT_FALSE(plan.reindex_needed);
  EXPECT_EQ(plan.dump.url.vendor, DatabaseVendor::kPostgresql);
  EXPECT_EQ(plan.dump.url.host, "db");
  EXPECT_EQ(plan.dump.url.user, "alf");
  EXPECT_EQ(plan.dump.url.database, "alfresco");
  EXPECT_EQ(plan.dump.password, "s3cret");
  EXPECT_THAT(Members(plan.index), ElementsAre("solr4Backup/alfresco/snapshot.20260102020000123",
                                               "solr4Backup/archive/snapshot.20260102040000123"));
  EXPECT_THAT(Members(plan.content), ElementsAre("contentstore", "contentstore.deleted"));
  EXPECT_EQ(plan.content[0].source_path, scratch_ / "alf_data/contentstore");
  EXPECT_TRUE(plan.content[0].follow_symlink);
  EXPECT_THAT(plan.warnings, IsEmpty());
}

TEST_F(RepositoryTest, OverridesWinAndMoveWhatIsMadeOfThem) {
  Directory("moved/contentstore");
  Directory("elsewhere/store");
  request_.settings["dir.root"] = scratch_ / "moved";
  request_.settings["db.username"] = "other";
  request_.settings["db.name"] = "second";
  request_.index_none = true;
  BackupPlan plan = Plan();
  EXPECT_EQ(plan.content[0].source_path, scratch_ / "moved/contentstore");
  EXPECT_EQ(plan.dump.url.user, "other");
  EXPECT_EQ(plan.dump.url.database, "second");
  request_.settings["dir.contentstore"] = scratch_ / "elsewhere/store";
  plan = Plan();
  EXPECT_EQ(plan.content[0].source_path, scratch_ / "elsewhere/store");
  EXPECT_EQ(plan.content[0].member_path, "store");
}

TEST_F(RepositoryTest, RelativePathsCountFromTheBase) {
  WriteFile(scratch_ / "alfresco-global.properties",
            "db.url=jdbc:postgresql://db/a\nindex.subsystem.name=solr4\n");
  request_.base = scratch_.path();
  EXPECT_EQ(Plan().content[0].source_path, scratch_ / "alf_data/contentstore");
  request_.base = scratch_ / "nowhere";
  ExpectUsageError({"dir.root", "nowhere/alf_data", "--dir-root", "--base"});
}

TEST_F(RepositoryTest, WhatIsMissingIsNamedWithItsRemedy) {
  fs::remove_all(scratch_ / "alf_data/contentstore");
  ExpectUsageError({"dir.contentstore", scratch_ / "alf_data/contentstore", "--contentstore"});
  WriteFile(scratch_ / "alf_data/contentstore", "a file");
  ExpectUsageError({"dir.contentstore", "not a directory"});
  request_.properties_file = scratch_ / "missing.properties";
  ExpectUsageError({"missing.properties"});
}

TEST_F(RepositoryTest, ATrailingBlankIsToldAsTheCause) {
  Configure(absl::StrCat("dir.contentstore=", scratch_.path(), "/alf_data/contentstore \n"));
  ExpectUsageError({"white space"});
}

TEST_F(RepositoryTest, UnresolvedPlaceholdersInWhatIsNeededAreAnError) {
  Configure("dir.contentstore=${stores}/cs\nother=${nobody.needs.this}\n");
  ExpectUsageError({"dir.contentstore", "${stores}", "--set stores=VALUE"});
  request_.settings["stores"] = scratch_ / "alf_data/contentstore/..";
  Directory("alf_data/cs");
  EXPECT_EQ(Plan().content[0].member_path, "cs");
}

TEST_F(RepositoryTest, PropertiesSetToNothing) {
  Directory("alf_data/audit.contentstore");
  Configure("dir.cachedcontent=\ndir.contentstore.deleted=\n");
  EXPECT_THAT(Members(Plan().content),
              ElementsAre("contentstore", "audit.contentstore", "contentstore.deleted"));
  Configure("dir.contentstore=\n");
  ExpectUsageError({"dir.contentstore has no value", "--contentstore"});
}

TEST_F(RepositoryTest, MissingContentstoreDeletedIsANote) {
  fs::remove_all(scratch_ / "alf_data/contentstore.deleted");
  const BackupPlan plan = Plan();
  EXPECT_THAT(Members(plan.content), ElementsAre("contentstore"));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("dir.contentstore.deleted")));
}

TEST_F(RepositoryTest, ContentstoreDeletedThatLeadsToNothingIsNotLeftOut) {
  fs::remove_all(scratch_ / "alf_data/contentstore.deleted");
  fs::create_symlink(scratch_ / "not-mounted", scratch_ / "alf_data/contentstore.deleted");
  ExpectUsageError({"dir.contentstore.deleted: ", "is a link to nothing", "mounted"});
}

TEST_F(RepositoryTest, ALinkToNothingInDirRootIsTold) {
  fs::create_symlink(scratch_ / "not-mounted", scratch_ / "alf_data/second");
  fs::create_symlink(scratch_ / "not-mounted", scratch_ / "alf_data/solr6");  // left out anyway
  const BackupPlan plan = Plan();
  ASSERT_EQ(plan.checks.size(), 1u);
  EXPECT_THAT(plan.checks[0].text, HasSubstr("second is a link to nothing"));
  EXPECT_THAT(plan.checks[0].remedy, HasSubstr("mounted"));
  Configure("dir.second=${dir.root}/second\n");
  ExpectUsageError({"second is a link to nothing", "mounted"});
}

TEST_F(RepositoryTest, AContentstoreDeletedThatIsNamedMustExist) {
  fs::remove_all(scratch_ / "alf_data/contentstore.deleted");
  request_.settings = {{"dir.contentstore.deleted", scratch_ / "typo"}};
  ExpectUsageError({"typo: No such file", "--contentstore-deleted"});
}

TEST_F(RepositoryTest, WhatOneMayNotLookAtStopsNothing) {
  if (geteuid() != 0) SKIP_OR_FAIL("needs root, to be somebody else");
  Directory("closed/keys");
  for (const char* name : {"keystore", "audit.contentstore"}) {  // the one is left out anyway
    fs::create_directory_symlink(scratch_ / "closed/keys",
                                 scratch_ / (absl::StrCat("alf_data/", name)));
  }
  fs::permissions(scratch_ / "closed", fs::perms::none);
  fs::permissions(scratch_.path(), fs::perms::all);
  EXPECT_TRUE(AsNobody([this] {
    const BackupPlan plan = Plan();
    return plan.unreadable.size() == 1 && plan.unreadable[0].path == "audit.contentstore" &&
           absl::StrContains(plan.unreadable[0].why, "Permission denied");
  }));
}

TEST_F(RepositoryTest, PropertiesFromAPipeAreRefused) {
  fs::remove(request_.properties_file);
  ASSERT_EQ(mkfifo(request_.properties_file.c_str(), 0600), 0);
  ExpectUsageError({"is a pipe"});
}

// Index.

TEST_F(RepositoryTest, ASnapshotIsNeededInEachLocation) {
  fs::remove_all(scratch_ / "alf_data/solr4Backup/archive/snapshot.20260102040000123");
  ExpectUsageError({"solr.backup.archive.remoteBackupLocation", "alf_data/solr4Backup/archive",
                    "no snapshot", "--solr-backup-dir", "--index none"});
  fs::remove_all(scratch_ / "alf_data/solr4Backup");
  ExpectUsageError({"solr.backup.alfresco.remoteBackupLocation", "--index none"});
  request_.index_none = true;
  const BackupPlan plan = Plan();
  EXPECT_THAT(plan.index, IsEmpty());
  EXPECT_TRUE(plan.reindex_needed);
}

TEST_F(RepositoryTest, ASnapshotThatIsNotWholeIsPassedOver) {
  Directory("alf_data/solr4Backup/alfresco/snapshot.20260103020000123");
  const BackupPlan plan = Plan();
  EXPECT_EQ(plan.index[0].member_path, "solr4Backup/alfresco/snapshot.20260102020000123");
  ASSERT_EQ(plan.checks.size(), 1u);
  EXPECT_THAT(plan.checks[0].text,
              HasSubstr("snapshot.20260103020000123 is not a whole snapshot: it is empty"));
}

TEST_F(RepositoryTest, EachSubsystemHasItsDirectory) {
  request_.settings["index.subsystem.name"] = "solr6";
  ExpectUsageError({"alf_data/solr6Backup/alfresco"});
  Snapshot("alf_data/solr6Backup/alfresco/snapshot.1");
  Snapshot("alf_data/solr6Backup/archive/snapshot.1");
  EXPECT_EQ(Plan().index[0].member_path, "solr6Backup/alfresco/snapshot.1");
  request_.settings["index.subsystem.name"] = "solr";
  ExpectUsageError({"alf_data/solrBackup/alfresco"});
  request_.settings["index.subsystem.name"] = "lucene";
  ExpectUsageError({"index.subsystem.name=lucene"});
}

TEST_F(RepositoryTest, SubsystemsWithoutFiles) {
  request_.settings["index.subsystem.name"] = "noindex";
  BackupPlan plan = Plan();
  EXPECT_THAT(plan.index, IsEmpty());
  EXPECT_FALSE(plan.reindex_needed);
  EXPECT_THAT(plan.notes, Contains(HasSubstr("noindex")));
  request_.settings["index.subsystem.name"] = "elasticsearch";
  plan = Plan();
  EXPECT_THAT(plan.index, IsEmpty());
  EXPECT_TRUE(plan.reindex_needed);
}

TEST_F(RepositoryTest, WithoutASubsystemTheOnlyBackupDirectoryTellsIt) {
  request_.settings["index.subsystem.name"] = "";
  const BackupPlan plan = Plan();
  EXPECT_EQ(plan.index_subsystem, "solr4");
  EXPECT_THAT(plan.notes, Contains(HasSubstr("index.subsystem.name is not set")));
  Directory("alf_data/solr6Backup");
  ExpectUsageError({"index.subsystem.name", "more than one", "--index none"});
  fs::remove_all(scratch_ / "alf_data/solr6Backup");
  fs::remove_all(scratch_ / "alf_data/solr4Backup");
  ExpectUsageError({"index.subsystem.name", "no index backup", "--index none"});
}

TEST_F(RepositoryTest, LocationsElsewhereAreNamedByTheirLastPart) {
  Snapshot("backups/one/alfresco/snapshot.7");
  request_.settings["solr.backup.alfresco.remoteBackupLocation"] =
      scratch_ / "backups/one/alfresco";
  EXPECT_EQ(Plan().index[0].member_path, "alfresco/snapshot.7");
}

// Database.

TEST_F(RepositoryTest, DatabaseUrlReplacesDbUrl) {
  request_.database_url = "mariadb://me@h:3307/other";
  const BackupPlan plan = Plan();
  EXPECT_EQ(plan.dump.url.vendor, DatabaseVendor::kMariadb);
  EXPECT_EQ(plan.dump.url.user, "me");
  EXPECT_EQ(plan.dump.url.database, "other");
}

TEST_F(RepositoryTest, WithoutDbUrlTheRemedyIsNamed) {
  request_.settings["db.url"] = "";
  ExpectUsageError({"db.url", "--database"});
  request_.settings["db.url"] = "jdbc:oracle:thin:@h:1521:alf";
  ExpectUsageError({"oracle", "--dump-command"});
  request_.dump_command = "cat dump";
  request_.dump_expect = "done";
  const BackupPlan plan = Plan();
  EXPECT_EQ(plan.dump.url.vendor, DatabaseVendor::kCommand);
  EXPECT_EQ(plan.dump.command, "cat dump");
  EXPECT_EQ(plan.dump.expect, "done");
  EXPECT_EQ(tools::DumpMemberName(plan.dump.url), "database/alfresco.sql");
}

TEST_F(RepositoryTest, EncryptedPasswordsAskForAnOverride) {
  Configure("db.password=ENC(abcdef)\n");
  ExpectUsageError({"ENC(", "--password-file", "INGOT_DB_PASSWORD"});
  WriteFile(scratch_ / "password", "from file\nrest\n");
  request_.password_file = scratch_ / "password";
  EXPECT_EQ(Plan().dump.password, "from file");
  request_.password_file.clear();
  request_.dump_command = "cat dump";
  EXPECT_EQ(Plan().dump.password, "");
}

TEST_F(RepositoryTest, TheEnvironmentReplacesDbPassword) {
  setenv("INGOT_DB_PASSWORD", "from environment", 1);
  EXPECT_EQ(Plan().dump.password, "from environment");
  unsetenv("INGOT_DB_PASSWORD");
}

TEST_F(RepositoryTest, PasswordsInArgumentsAreRefused) {
  request_.settings["db.password"] = "s3cret";
  ExpectUsageError({"--password-file"});
  request_.settings.clear();
  request_.settings["db.url"] = "jdbc:postgresql://h/d?password=s3cret";
  ExpectUsageError({"--password-file"});
  EXPECT_THAT(std::string(PlanAlfresco(request_).status().message()), Not(HasSubstr("s3cret")));
}

TEST_F(RepositoryTest, PasswordsMayHoldWhatLooksLikeAPlaceholder) {
  Configure("db.password=a${b}c\n");
  EXPECT_EQ(Plan().dump.password, "a${b}c");
}

TEST_F(RepositoryTest, SqliteFilesCountFromTheBase) {
  Configure("db.url=jdbc:sqlite:alf.db\n");
  request_.base = scratch_.path();
  EXPECT_EQ(Plan().dump.url.database, scratch_ / "alf.db");
  EXPECT_EQ(tools::DumpMemberName(Plan().dump.url), "database/alf.sql");
}

// The rest of dir.root.

TEST_F(RepositoryTest, TakesOtherDirectoriesAndLeavesOutWhatIsNoContent) {
  for (const char* name :
       {"audit.contentstore", "cachedcontent", "solr4", "solr6", "lucene-indexes", "postgresql",
        "keystore", ".snapshot", "lost+found", "solr6Backup", "zz", "db", "backups/old"}) {
    Directory(absl::StrCat("alf_data/", name));
  }
  WriteFile(scratch_ / "alf_data/file", "x");
  Configure(absl::StrCat("dir.keystore=${dir.root}/keystore\ndb.url=jdbc:sqlite:", scratch_.path(),
                         "/alf_data/db/alf.db\n"));
  request_.output = scratch_ / "alf_data/backups/new.tar.zst";
  const BackupPlan plan = Plan();
  EXPECT_THAT(Members(plan.content),
              ElementsAre("contentstore", "audit.contentstore", "zz", "contentstore.deleted"));
  for (const char* told : {"taken as well: ", "solr4: a live index", "cachedcontent: a cache",
                           "postgresql: ", "backups: the container", "db: it holds the database"}) {
    EXPECT_THAT(plan.notes, Contains(HasSubstr(told)));
  }
}

TEST_F(RepositoryTest, TheContainerBesideTheStoresHidesNothing) {
  Directory("alf_data/audit.contentstore");
  request_.output = scratch_ / "alf_data/new.tar.zst";
  EXPECT_THAT(Members(Plan().content), Contains("audit.contentstore"));
  request_.output = scratch_ / "new.tar.zst";
  EXPECT_THAT(Members(Plan().content), Contains("audit.contentstore"));
}

TEST_F(RepositoryTest, ADirectoryThatHoldsAStoreIsEntered) {
  Directory("alf_data/stores/main");
  Directory("alf_data/stores/second");
  Configure("dir.contentstore=${dir.root}/stores/main\n");
  EXPECT_THAT(Members(Plan().content),
              ElementsAre("stores/main", "contentstore", "stores/second", "contentstore.deleted"));
}

TEST_F(RepositoryTest, LinksAreFollowedButNotInCircles) {
  Directory("volume/audit");
  fs::create_directory_symlink(scratch_ / "volume/audit", scratch_ / "alf_data/audit");
  fs::create_directory_symlink("..", scratch_ / "alf_data/loop");
  fs::create_directory_symlink("contentstore", scratch_ / "alf_data/same");
  fs::create_directory_symlink("nowhere", scratch_ / "alf_data/dangling");
  const BackupPlan plan = Plan();
  EXPECT_THAT(Members(plan.content), ElementsAre("contentstore", "audit", "contentstore.deleted"));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("alf_data/loop: a symbolic link")));
}

TEST_F(RepositoryTest, TheKeystoreIsTakenWhenAskedFor) {
  request_.keystore = true;
  ExpectUsageError({"--keystore", "classpath:alfresco/keystore", "--set dir.keystore=DIR"});
  Directory("keys");
  request_.settings["dir.keystore"] = scratch_ / "keys";
  EXPECT_THAT(Members(Plan().content), ElementsAre("contentstore", "keys", "contentstore.deleted"));
}

TEST_F(RepositoryTest, AKeystoreInDirRootIsNeverTakenUnasked) {
  Directory("alf_data/keystore");
  BackupPlan plan = Plan();
  EXPECT_THAT(Members(plan.content), Not(Contains("keystore")));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("alf_data/keystore: keys")));
  request_.settings["dir.keystore"] = "${dir.root}/keystore";
  request_.keystore = true;
  plan = Plan();
  EXPECT_THAT(Members(plan.content), Contains("keystore"));
  EXPECT_THAT(plan.notes, Not(Contains(HasSubstr("keystore"))));
}

TEST_F(RepositoryTest, AlsoIsReadBeforeTheDeletedContent) {
  Directory("conf");
  request_.also = {scratch_ / "conf", request_.properties_file};
  EXPECT_THAT(
      Members(Plan().content),
      ElementsAre("contentstore", "conf", "alfresco-global.properties", "contentstore.deleted"));
  request_.also = {scratch_ / "missing"};
  ExpectUsageError({"--also", "missing"});
  request_.also = {scratch_ / "alf_data/contentstore"};
  ExpectUsageError({"are the same"});
  Directory("alf_data/contentstore/2024");
  request_.also = {scratch_ / "alf_data/contentstore/2024"};
  ExpectUsageError({"lies within"});
}

TEST_F(RepositoryTest, CollisionsAreUsageErrors) {
  Directory("other/contentstore");
  request_.also = {scratch_ / "other/contentstore"};
  ExpectUsageError({"would both be 'contentstore'"});
  Directory("database");
  WriteFile(scratch_ / "database/alfresco.sql", "x");
  request_.also = {scratch_ / "database"};
  ExpectUsageError({"database/alfresco.sql"});
}

}  // namespace
}  // namespace ingot
