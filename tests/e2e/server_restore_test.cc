// Backup, disaster, restore, on real database servers: the drill of README.
#include <filesystem>
#include <memory>
#include <string>

#include "tests/e2e/command.h"
#include "tests/servers.h"

namespace ingot {
namespace {

class ServerRestoreTest : public testing::TestWithParam<ServerVendor> {
 protected:
  void SetUp() override {
    std::string why_not;
    server_ = GetParam().start(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    ASSERT_TRUE(
        Succeeds(ProjectScript("make_demo_repository.py") + (scratch_ / "old") + " --files 60"));
    server_->CreateFromDemo("old", scratch_ / "old");
    server_->CreateDatabase("new");
    Properties("old");
    Properties("new");
    ASSERT_TRUE(
        Succeeds(in_scratch_ + IngotBackup() + "-q --alfresco old.properties -o b.tar.zst"));
  }
  void Properties(const std::string& name, const std::string& user = DatabaseServer::user(),
                  const std::string& password = DatabaseServer::password()) {
    WriteFile(scratch_ / (name + ".properties"),
              absl::StrCat("dir.root=", scratch_ / name, "/alf_data\n",
                           server_->Properties(name, user, password),
                           "index.subsystem.name=solr4\n", kNoIndexJobs));
  }
  std::string Restore(const std::string& flags = "") const {
    return in_scratch_ + IngotCommand() + "restore b.tar.zst --alfresco new.properties " + flags;
  }
  std::string Rows(const std::string& database) {
    return server_->Query(database, "SELECT * FROM alf_content_url ORDER BY id") +
           server_->Query(database, "SELECT * FROM alf_content_data ORDER BY id");
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::unique_ptr<DatabaseServer> server_;
};

TEST_P(ServerRestoreTest, EverythingComesBackAndIsProved) {
  ShellResult result;
  ASSERT_TRUE(Succeeds(Restore(), &result));
  EXPECT_THAT(result.error, testing::HasSubstr("proved: all 60 content files"));
  EXPECT_EQ(Rows("new"), Rows("old"));
  for (const char* directory : {"contentstore", "contentstore.deleted"}) {
    EXPECT_TRUE(SameTrees(absl::StrCat(scratch_ / "old/alf_data/", directory),
                          absl::StrCat(scratch_ / "new/alf_data/", directory)));
  }
  EXPECT_THAT(result.error + result.output,
              testing::Not(testing::HasSubstr(DatabaseServer::password())));

  // A second time nothing is touched.
  ASSERT_TRUE(ExitsWith(2, Restore(), &result));
  EXPECT_THAT(result.error, testing::HasSubstr("is not empty"));
  ASSERT_TRUE(Succeeds(in_scratch_ + "rm -r new"));
  ASSERT_TRUE(ExitsWith(2, Restore(), &result));
  EXPECT_THAT(result.error, testing::HasSubstr("/new is not empty"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "new"));
}

TEST_P(ServerRestoreTest, ContentThatIsNotInTheBackupEndsAs6) {
  ASSERT_TRUE(Succeeds(in_scratch_ +
                       "find old/alf_data/contentstore -name '*.bin' | sort | sed -n 1p > gone "
                       "&& rm \"$(cat gone)\" && rm b.tar.zst"));
  Shell(in_scratch_ + IngotBackup() + "-q --alfresco old.properties -o b.tar.zst");
  ShellResult result;
  ASSERT_TRUE(ExitsWith(6, Restore(), &result));
  const std::string gone = Lines(ReadFile(scratch_ / "gone"))[0];
  EXPECT_THAT(result.error,
              testing::HasSubstr(absl::StrCat(
                  "store://", gone.substr(sizeof("old/alf_data/contentstore")), ": missing")));
}

TEST_P(ServerRestoreTest, AWrongPasswordTouchesNothing) {
  WriteFile(scratch_ / "wrong", "wrong\n");
  ShellResult result;
  EXPECT_TRUE(ExitsWith(2, Restore("--password-file wrong"), &result));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "new"));
}

// Nothing but its own database is an account's that restores; what README asks for.
TEST_P(ServerRestoreTest, ByAnAccountThatOwnsTheEmptyDatabase) {
  const bool postgresql = GetParam().start == StartPostgresql;
  server_->CreateDatabase("plain");
  server_->Query("plain", postgresql ? "CREATE ROLE dms LOGIN PASSWORD 'only its own'; ALTER "
                                       "DATABASE plain OWNER TO dms"
                                     : "CREATE USER dms@'%' IDENTIFIED BY 'only its own'; GRANT "
                                       "ALL ON plain.* TO dms@'%'");
  Properties("plain", "dms", "only its own");
  const std::string restore =
      in_scratch_ + IngotCommand() + "restore b.tar.zst --alfresco plain.properties ";
  ShellResult result;
  if (postgresql) {  // the tables were another role's
    ASSERT_TRUE(ExitsWith(1, restore, &result));
    EXPECT_THAT(result.error, testing::HasSubstr("must be member of role \"owner\""));
    EXPECT_THAT(result.error, testing::HasSubstr("nothing was kept"));
  }
  ASSERT_TRUE(Succeeds(restore + (postgresql ? "--force --no-owner" : ""), &result));
  EXPECT_THAT(result.error, testing::HasSubstr("proved: all 60 content files"));
  EXPECT_EQ(Rows("plain"), Rows("old"));
  if (!postgresql) return;
  // Where they were its own it needs no more than that.
  server_->CreateDatabase("fresh");
  server_->Query("fresh", "ALTER DATABASE fresh OWNER TO dms");
  ASSERT_TRUE(Succeeds(
      in_scratch_ + IngotBackup() + "-q --alfresco plain.properties -o plain.tar.zst", &result));
  Properties("fresh", "dms", "only its own");
  EXPECT_TRUE(Succeeds(
      in_scratch_ + IngotCommand() + "restore plain.tar.zst --alfresco fresh.properties", &result));
  EXPECT_EQ(Rows("fresh"), Rows("old"));
}

TEST_P(ServerRestoreTest, ADumpThatFailsIsSaidAndTheSameCommandGoesOn) {
  const bool postgresql = GetParam().start == StartPostgresql;
  // The name is taken by something that is not looked for, or cannot be dropped as the dump does.
  server_->Query("new", postgresql ? "CREATE DOMAIN alf_content_data AS int"
                                   : "CREATE VIEW alf_content_data AS SELECT 1");
  ShellResult result;
  ASSERT_TRUE(ExitsWith(1, Restore("--force"), &result));
  EXPECT_THAT(result.error, testing::HasSubstr("alf_content_data"));
  EXPECT_THAT(result.error,
              testing::HasSubstr(postgresql ? "nothing was kept" : "may hold a part now"));
  EXPECT_THAT(result.error, testing::HasSubstr("restored so far: "));
  server_->Query("new", postgresql ? "DROP DOMAIN alf_content_data" : "DROP VIEW alf_content_data");
  ASSERT_TRUE(Succeeds(Restore("--force"), &result));
  EXPECT_THAT(result.error, testing::HasSubstr("proved: all 60 content files"));
}

// As where ingot is killed and its client lives on, behind `docker exec` for one: the client takes
// the end of its input for the end of the dump.
TEST_P(ServerRestoreTest, HalfADumpIsNeverTakenForAWholeOne) {
  const bool postgresql = GetParam().start == StartPostgresql;
  const std::string client = postgresql ? "psql" : "mysql";
  ShellResult count;
  ASSERT_TRUE(Succeeds(
      in_scratch_ + "mkdir bin && " + IngotCommand() + "cat b.tar.zst database/old.sql | wc -l",
      &count));
  const int lines = std::stoi(count.output);
  for (const int kept : {lines / 4, lines / 2, lines * 3 / 4, lines * 9 / 10}) {
    SCOPED_TRACE(absl::StrCat(kept, " of ", lines, " lines"));
    WriteFile(scratch_ / ("bin/" + client),
              absl::StrCat("#!/bin/sh\ncase \"$*\" in *--file=-*|*--binary-mode*) ", "head -n ",
                           kept, " | /usr/bin/", client, " \"$@\"; cat >rest;;\n",
                           "*) exec /usr/bin/", client, " \"$@\";; esac\n"));
    ShellResult result;
    EXPECT_TRUE(ExitsWith(1,
                          "chmod 755 " + (scratch_ / "bin/*") + "; export PATH=" +
                              (scratch_ / "bin") + ":$PATH; " + Restore("--force"),
                          &result));
    EXPECT_THAT(result.error, testing::HasSubstr("before it had run all of the dump"));
    if (postgresql) {
      EXPECT_EQ(server_->Query("new", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
                "0\n");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Vendors, ServerRestoreTest, testing::ValuesIn(kServerVendors),
                         [](const auto& vendor) { return std::string(vendor.param.name); });

}  // namespace
}  // namespace ingot
