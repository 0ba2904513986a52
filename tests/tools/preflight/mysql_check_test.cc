#include <sys/stat.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/servers.h"
#include "tests/testing.h"
#include "tests/tools/database/dumping.h"
#include "tests/tools/preflight/checks.h"
#include "tools/preflight/database_check.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using testing::Not;

class MysqlCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    server_ = StartMariadb(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    server_->CreateDatabase("alfresco");
    setenv("HOME", scratch_.path().c_str(), 1);  // no option file but the test's own
    request_.url = tools::ParseDatabaseUrl(server_->Url("alfresco")).value();
    request_.password = DatabaseServer::password();
  }
  PreflightResult Run() {
    facts_ = {};
    return CheckDatabase(request_, /*alfresco=*/true, &facts_);
  }
  void Make(const std::string& sql) { server_->Query("alfresco", sql); }
  void Pretend(const std::string& program, const std::string& version_line) {
    WriteFile(scratch_ / program, absl::StrCat("#!/bin/bash\necho '", version_line, "'\n"));
    chmod((scratch_ / program).c_str(), 0755);
  }

  std::unique_ptr<DatabaseServer> server_;
  tools::DumpRequest request_;
  DatabaseFacts facts_;
  ScratchDirectory scratch_;
};

TEST_F(MysqlCheckTest, TablesAndTheirEngines) {
  PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "database", {"alfresco", "no tables"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kInvalidArgument);

  Make("CREATE TABLE other(a int) ENGINE=InnoDB");
  result = Run();
  ExpectOne(result, Severity::kWarning, "database", {"no table alf_content_url"});
  ExpectNone(result, "engine");

  Make("CREATE TABLE alf_content_url(id int) ENGINE=MyISAM");
  result = Run();
  ExpectNone(result, "database");
  ExpectNone(result, "dump-program");
  ExpectOne(result, Severity::kWarning, "engine", {"alf_content_url (MyISAM)", "InnoDB"});
  EXPECT_GT(facts_.bytes.value_or(0), 0u);
}

TEST_F(MysqlCheckTest, AWrongPasswordOrNoServer) {
  request_.password = "wr0ng";
  const PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "database", {"Access denied", "--password-file"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(CheckText(ChecksOf(result, "database")[0]), Not(HasSubstr("wr0ng")));
  request_.url.port = FreePort();
  ExpectOne(Run(), Severity::kError, "database", {"127.0.0.1"});
}

TEST_F(MysqlCheckTest, ADumpProgramThatIsNotTheServers) {
  Make("CREATE TABLE alf_content_url(id int) ENGINE=InnoDB");
  const tools::PathOverride path(scratch_.path() + ":/usr/bin:/bin");
  Pretend("mariadb-dump", "mariadb-dump  Ver 10.14 Distrib 5.5.68-MariaDB, for Linux (x86_64)");
  ExpectOne(Run(), Severity::kWarning, "dump-program",
            {"mariadb-dump 5.5.68-MariaDB is older than its server"});
  Pretend("mariadb-dump", "mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server)");
  ExpectOne(Run(), Severity::kWarning, "dump-program",
            {"8.0.36 is MySQL's, the server is MariaDB", "mariadb-client"});
  Pretend("mariadb-dump", "mariadb-dump from 99.1.2-MariaDB, client 10.19 for Linux (x86_64)");
  ExpectNone(Run(), "dump-program");
}

TEST(MysqlProgramsTest, NoDumpProgram) {
  ScratchDirectory empty;
  const tools::PathOverride path(empty.path());
  tools::DumpRequest request;
  request.url.vendor = tools::DatabaseVendor::kMysql;
  DatabaseFacts facts;
  const PreflightResult result = CheckDatabase(request, false, &facts);
  ExpectOne(result, Severity::kError, "dump-program", {"mysqldump", "mariadb-client"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace ingot
