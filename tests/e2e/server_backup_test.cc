// backup --alfresco on real database servers: one file whose dump goes back into a database, and
// whose content files are all there.
#include <memory>
#include <string>

#include "tests/e2e/command.h"
#include "tests/servers.h"

namespace ingot {
namespace {

struct Vendor {
  const char* name;
  std::unique_ptr<DatabaseServer> (*start)(std::string* why_not);
  const char* rows;  // "store://path<TAB>size"
};

constexpr Vendor kPostgresql = {
    "postgresql", StartPostgresql,
    "SELECT content_url || chr(9) || content_size FROM alf_content_url ORDER BY id"};
constexpr Vendor kMariadb = {
    "mariadb", StartMariadb,
    "SELECT concat(content_url, char(9), content_size) FROM alf_content_url ORDER BY id"};

class ServerBackupTest : public testing::Test {
 protected:
  // The demonstration repository, with its rows in the server's database instead.
  void MakeRepository(DatabaseServer* server) {
    ASSERT_TRUE(
        Succeeds(ProjectScript("make_demo_repository.py") + (scratch_ / "repo") + " --files 60"));
    server->CreateFromDemo("alfresco", scratch_ / "repo");
    WriteFile(
        scratch_ / "alfresco-global.properties",
        absl::StrCat("dir.root=", scratch_ / "repo/alf_data", "\n", server->Properties("alfresco"),
                     "index.subsystem.name=solr4\n", kNoIndexJobs));
  }

  // Rows as the check of the content wants them; there are some.
  std::string Rows(const Vendor& vendor, DatabaseServer* server, const std::string& database) {
    const std::string rows = server->Query(database, vendor.rows);
    EXPECT_EQ(Lines(rows).size(), 60);
    return rows;
  }

  void BacksUpAndComesBack(const Vendor& vendor) {
    std::string why_not;
    const std::unique_ptr<DatabaseServer> server = vendor.start(&why_not);
    if (server == nullptr) SKIP_OR_FAIL(why_not);
    MakeRepository(server.get());
    if (HasFatalFailure()) return;

    ShellResult result;
    ASSERT_TRUE(
        Succeeds(in_scratch_ + IngotBackup() + "--alfresco alfresco-global.properties -o f.tar.zst",
                 &result));
    EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify f.tar.zst && mkdir out && " +
                         IngotCommand() + "restore f.tar.zst -C out"));

    server->CreateDatabase("second");
    server->RunFile("second", scratch_ / "out/database/alfresco.sql");
    const std::string rows = Rows(vendor, server.get(), "second");
    EXPECT_EQ(rows, Rows(vendor, server.get(), "alfresco"));
    WriteFile(scratch_ / "rows", rows);
    EXPECT_TRUE(
        Succeeds(in_scratch_ + ProjectScript("check-content.sh") + "out/contentstore < rows"));
    EXPECT_TRUE(SameTrees(scratch_ / "repo/alf_data/contentstore", scratch_ / "out/contentstore"));

    // Neither what was printed nor what was written knows the password.
    const std::string password = DatabaseServer::password();
    EXPECT_THAT(result.output + result.error, testing::Not(testing::HasSubstr(password)));
    WriteFile(scratch_ / "password", password);
    EXPECT_TRUE(ExitsWith(
        1, in_scratch_ + "zstd -q -d f.tar.zst -o stream && grep -aqFf password stream f.tar.zst"));
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(ServerBackupTest, Postgresql) { BacksUpAndComesBack(kPostgresql); }

TEST_F(ServerBackupTest, Mariadb) { BacksUpAndComesBack(kMariadb); }

TEST_F(ServerBackupTest, AWrongPasswordIsAFailedDumpAndPublishesNothing) {
  for (const Vendor& vendor : {kPostgresql, kMariadb}) {
    std::string why_not;
    const std::unique_ptr<DatabaseServer> server = vendor.start(&why_not);
    if (server == nullptr) SKIP_OR_FAIL(why_not);
    MakeRepository(server.get());
    ASSERT_TRUE(Succeeds(
        in_scratch_ + "sed -i 's/^db.password=.*/db.password=wrong/' alfresco-global.properties"));
    ShellResult result;
    EXPECT_TRUE(ExitsWith(
        5, in_scratch_ + IngotBackup() + "--alfresco alfresco-global.properties -o f.tar.zst",
        &result));
    EXPECT_NE(result.error, "");
    EXPECT_NE(Shell("test -e " + (scratch_ / "f.tar.zst")).exit_code, 0);
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf repo"));
  }
}

TEST_F(ServerBackupTest, RowsThatComeAfterTheDumpDoNotMatter) {
  // The server goes on working: files and rows arrive during the backup, each file before its row.
  std::string why_not;
  const std::unique_ptr<DatabaseServer> server = StartPostgresql(&why_not);
  if (server == nullptr) SKIP_OR_FAIL(why_not);
  MakeRepository(server.get());
  WriteFile(scratch_ / "writer",
            "cd " + (scratch_ / "repo/alf_data/contentstore") +
                "\nfor ((n = 1000; n < 2000; ++n)); do mkdir -p 2026/1/$((n % 7)); head -c $n "
                "/dev/zero > 2026/1/$((n % 7))/$n.bin; "
                "echo \"INSERT INTO alf_content_url VALUES ($n, 'store://2026/1/$((n % "
                "7))/$n.bin', '$n.bin', $n, $n, NULL);\"; done\n");
  const std::string psql =
      absl::StrCat("PGPASSWORD=", Quote(DatabaseServer::password()),
                   " psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p ", server->port(), " -U ",
                   DatabaseServer::user(), " alfresco");
  ASSERT_TRUE(
      Succeeds("bash " + (scratch_ / "writer") + " | " + psql + " & sleep 0.3; " + in_scratch_ +
               IngotBackup() +
               "--alfresco alfresco-global.properties -o f.tar.zst; code=$?; wait; exit $code"));
  ASSERT_TRUE(
      Succeeds(in_scratch_ + "mkdir out && " + IngotCommand() + "restore f.tar.zst -C out"));
  server->CreateDatabase("second");
  server->RunFile("second", scratch_ / "out/database/alfresco.sql");
  const std::string rows = server->Query("second", kPostgresql.rows);
  EXPECT_GT(Lines(rows).size(), 60) << "the writer was too late to tell anything";
  EXPECT_LT(Lines(rows).size(), 1060) << "the writer was too early to tell anything";
  WriteFile(scratch_ / "rows", rows);
  EXPECT_TRUE(
      Succeeds(in_scratch_ + ProjectScript("check-content.sh") + "out/contentstore < rows"));
}

}  // namespace
}  // namespace ingot
