// `ingot restore --alfresco` with an SQLite database; with servers:
// tests/e2e/server_restore_test.cc.
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/core/restore/nobody.h"
#include "tests/tools/command_line.h"
#include "tests/tools/lucene_files.h"
#include "tools/schedule/run_lock.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kSchema[] =
    "CREATE TABLE alf_content_url (id INTEGER PRIMARY KEY, content_url TEXT, content_size BIGINT);"
    "CREATE TABLE alf_content_data (id INTEGER PRIMARY KEY, content_url_id BIGINT);";

class AlfrescoRestoreTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
    Write("old/root/contentstore/2024/1/a.bin", "content a");
    Write("old/root/contentstore/b.bin", "content b!");
    Write("old/root/contentstore.deleted/2023/d.bin", "deleted");
    Write("old/root/audit.contentstore/c.bin", "audit");
    Write("old/conf/x.properties", "x");
    for (const char* core : {"alfresco", "archive"}) {
      MakeSnapshot(
          absl::StrCat(scratch_ / "old/root/solr6Backup/", core, "/snapshot.20260102020000123"));
    }
    Sql("old/alf.db", absl::StrCat(kSchema,
                                   "INSERT INTO alf_content_url VALUES (1, 'store://2024/1/a.bin', "
                                   "9), (2, 'store://b.bin', 10), (3, 'store://orphan', 1);"
                                   "INSERT INTO alf_content_data VALUES (1, 1), (2, 2);"));
    Properties("old");
    Properties("new");
  }
  void Write(const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(scratch_ / name).parent_path());
    WriteFile(scratch_ / name, content);
  }
  void Properties(const std::string& server) {
    fs::create_directories(scratch_ / server);
    Write(server + ".properties",
          absl::StrCat("dir.root=", scratch_ / server, "/root\ndb.url=jdbc:sqlite:",
                       scratch_ / server, "/alf.db\nindex.subsystem.name=solr6\n", kNoIndexJobs));
  }
  void Sql(const std::string& file, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((scratch_ / file).c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  void Backup() {
    const CommandResult result =
        RunCommand({"backup", "--io", TestEngineName(), "-q", "-o", container_, "--alfresco",
                    scratch_ / "old.properties", "--also", scratch_ / "old/conf"},
                   {RegisterBackup});
    ASSERT_EQ(result.exit_code, 0) << result.error;
  }
  CommandResult Restore(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(),
                     {"restore", container_, "--alfresco", scratch_ / "new.properties"});
    return RunCommand(arguments, {RegisterRestore});
  }
  bool IsUntouched() {
    return !fs::exists(scratch_ / "new/root") && !fs::exists(scratch_ / "new/alf.db");
  }

  ScratchDirectory scratch_;
  const std::string container_ = scratch_ / "b.tar.zst";
};

TEST_F(AlfrescoRestoreTest, PutsEverythingInItsPlaceAndProvesIt) {
  Backup();
  const CommandResult result = Restore();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(Shell("diff -r " + (scratch_ / "old/root") + " " + (scratch_ / "new/root")).output, "");
  EXPECT_THAT(result.error, HasSubstr("proved: all 2 content files"));
  EXPECT_THAT(result.error, HasSubstr("next: conf came from"));
  EXPECT_THAT(result.error, HasSubstr("of core archive this snapshot: rsync"));
  EXPECT_EQ(
      Shell("sqlite3 " + (scratch_ / "new/alf.db") + " 'SELECT count(*) FROM alf_content_url'")
          .output,
      "3\n");
}

TEST_F(AlfrescoRestoreTest, ASingleFileIsLeftOutAndTheRestComesBack) {
  Write("old/root/license.lic", "license");
  const CommandResult backup =
      RunCommand({"backup", "--io", TestEngineName(), "-q", "-o", container_, "--alfresco",
                  scratch_ / "old.properties", "--also", scratch_ / "old/root/license.lic"},
                 {RegisterBackup});
  ASSERT_EQ(backup.exit_code, 0) << backup.error;
  const CommandResult placed =
      Restore({"--place", absl::StrCat("license.lic=", scratch_ / "new/licenses")});
  EXPECT_EQ(placed.exit_code, 2);
  EXPECT_THAT(placed.error, HasSubstr("--place license.lic: it is no directory"));
  EXPECT_TRUE(IsUntouched());
  const CommandResult result = Restore();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.error, HasSubstr("proved: all 2 content files"));
  EXPECT_THAT(result.error, HasSubstr("next: license.lic came from"));
  EXPECT_FALSE(fs::exists(scratch_ / "new/root/license.lic"));
  EXPECT_EQ(ReadFile(scratch_ / "new/root/contentstore/b.bin"), "content b!");
}

TEST_F(AlfrescoRestoreTest, RefusesATargetThatIsNotEmpty) {
  Backup();
  Write("new/root/contentstore/mine", "mine");
  CommandResult result = Restore();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("dir.contentstore"));
  EXPECT_THAT(result.error, HasSubstr("there is mine in it"));
  EXPECT_THAT(result.error, HasSubstr("--force"));
  EXPECT_FALSE(fs::exists(scratch_ / "new/root/solr6Backup"));
  EXPECT_EQ(Restore({"--force"}).exit_code, 0);
  EXPECT_EQ(ReadFile(scratch_ / "new/root/contentstore/mine"), "mine");
}

TEST_F(AlfrescoRestoreTest, RefusesATargetThatIsNoDirectory) {
  Backup();
  Write("new/root/contentstore", "a file");
  CommandResult result = Restore();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("root/contentstore is no directory"));
  EXPECT_FALSE(fs::exists(scratch_ / "new/root/solr6Backup"));
  fs::remove(scratch_ / "new/root/contentstore");
  fs::create_symlink(scratch_ / "not-mounted", scratch_ / "new/root/contentstore");
  result = Restore();
  EXPECT_THAT(result.error, HasSubstr("root/contentstore is no directory"));
  EXPECT_FALSE(fs::exists(scratch_ / "new/root/solr6Backup"));
}

TEST_F(AlfrescoRestoreTest, IsKeptApartFromOtherRuns) {
  Backup();
  fs::create_directories(scratch_ / "new/root");
  {
    const absl::StatusOr<RunLock> lock = AcquireRunLock(scratch_ / "new/root");
    ASSERT_OK(lock);
    const CommandResult result = Restore();
    EXPECT_EQ(result.exit_code, 75);
    EXPECT_THAT(result.error, HasSubstr("another run holds the lock"));
    EXPECT_TRUE(fs::is_empty(scratch_ / "new/root"));
  }
  EXPECT_EQ(Restore().exit_code, 0);
}

TEST_F(AlfrescoRestoreTest, RefusesATargetThatCannotBeWrittenTo) {
  if (geteuid() != 0) SKIP_OR_FAIL("needs root, to be somebody else");
  Backup();
  fs::create_directories(scratch_ / "new/root/contentstore");
  fs::permissions(scratch_.path(), fs::perms::all);
  fs::permissions(container_, fs::perms::others_read, fs::perm_options::add);
  fs::permissions(scratch_ / "new", fs::perms::all);
  EXPECT_TRUE(AsNobody([&] {
    const CommandResult result = Restore();
    return result.exit_code == 1 && absl::StrContains(result.error, "root: Permission denied") &&
           !fs::exists(scratch_ / "new/alf.db");
  }));
  EXPECT_TRUE(fs::is_empty(scratch_ / "new/root/contentstore"));
}

TEST_F(AlfrescoRestoreTest, RefusesADatabaseThatIsNotEmptyOrInUse) {
  Backup();
  Sql("new/alf.db", "CREATE TABLE mine (a)");
  CommandResult result = Restore();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("is not empty, it holds 1 tables and the like (mine)"));
  fs::remove(scratch_ / "new/alf.db");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((scratch_ / "new/alf.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  result = Restore();
  sqlite3_close(other);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("is in use"));
  EXPECT_FALSE(fs::exists(scratch_ / "new/root"));
}

TEST_F(AlfrescoRestoreTest, MissingContentEndsAs6AndIsNamed) {
  Sql("old/alf.db",
      "INSERT INTO alf_content_url VALUES (4, 'store://gone.bin', 5), (5, 'store://2023/d.bin', 7);"
      "INSERT INTO alf_content_data VALUES (4, 4), (5, 5)");
  // Whatever the backup itself says of it.
  RunCommand({"backup", "--io", TestEngineName(), "-q", "-o", container_, "--alfresco",
              scratch_ / "old.properties"},
             {RegisterBackup});
  const CommandResult result = Restore();
  EXPECT_EQ(result.exit_code, 6) << result.error;
  EXPECT_THAT(result.error, HasSubstr("store://gone.bin: missing"));
  EXPECT_THAT(result.error, HasSubstr("1 files that rows refer to were put back"));
  EXPECT_EQ(ReadFile(scratch_ / "new/root/contentstore/2023/d.bin"), "deleted");
}

TEST_F(AlfrescoRestoreTest, AFailureSaysWhatStandsWhere) {
  Backup();
  const CommandResult first = Restore({"--database", "sqlite:/nonexistent/alf.db"});
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.error, HasSubstr("/nonexistent/alf.db"));
  EXPECT_THAT(first.error, HasSubstr("restored so far: "));
  EXPECT_THAT(first.error, HasSubstr("With --force the same command begins again"));
  EXPECT_EQ(Restore({"--force"}).exit_code, 0);
}

TEST_F(AlfrescoRestoreTest, DamageIsToldAndTheRestComesBack) {
  Backup();
  std::string bytes = ReadFile(container_);
  bytes[20] ^= 1;
  WriteFile(container_, bytes);
  const CommandResult result = Restore();
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(ReadFile(scratch_ / "new/root/contentstore/b.bin"), "content b!");
}

TEST_F(AlfrescoRestoreTest, FilesAloneProveNothing) {
  Backup();
  const CommandResult result = Restore({"--database", "none"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.error, HasSubstr("was not proved"));
  EXPECT_THAT(result.error, HasSubstr("next: the database: ingot cat "));
  EXPECT_FALSE(fs::exists(scratch_ / "new/alf.db"));
}

TEST_F(AlfrescoRestoreTest, WrongUsage) {
  Backup();
  EXPECT_EQ(RunCommand({"restore", container_}, {RegisterRestore}).exit_code, 2);
  EXPECT_EQ(
      RunCommand({"restore", container_, "-C", "x", "--no-owner"}, {RegisterRestore}).exit_code, 2);
  EXPECT_EQ(Restore({"-C", scratch_ / "x"}).exit_code, 2);
  EXPECT_EQ(Restore({"contentstore"}).exit_code, 2);
  EXPECT_EQ(Restore({"--place", "nonsense"}).exit_code, 2);
  EXPECT_EQ(Restore({"--set", "db.password=secret"}).exit_code, 2);
  fs::remove(scratch_ / "new.properties");
  EXPECT_EQ(Restore().exit_code, 2);
  Properties("new");
  RunCommand({"create", "--io", TestEngineName(), "-q", "-o", scratch_ / "tree", scratch_ / "old"},
             {RegisterCreate});
  const CommandResult tree = RunCommand(
      {"restore", scratch_ / "tree", "--alfresco", scratch_ / "new.properties"}, {RegisterRestore});
  EXPECT_EQ(tree.exit_code, 2);
  EXPECT_THAT(tree.error, HasSubstr("is a snapshot of files and no backup"));
  EXPECT_TRUE(IsUntouched());
}

}  // namespace
}  // namespace ingot
