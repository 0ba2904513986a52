// Against a real server, and against programs that say they are older than it.
#include <sys/stat.h>

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

class PostgresqlCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    server_ = StartPostgresql(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    server_->CreateDatabase("alfresco");
    request_.url = tools::ParseDatabaseUrl(server_->Url("alfresco")).value();
    request_.password = DatabaseServer::password();
  }
  PreflightResult Run() {
    facts_ = {};
    return CheckDatabase(request_, /*alfresco=*/true, &facts_);
  }
  void Make(const std::string& sql) { server_->Query("alfresco", sql); }

  std::unique_ptr<DatabaseServer> server_;
  tools::DumpRequest request_;
  DatabaseFacts facts_;
  ScratchDirectory scratch_;
};

TEST_F(PostgresqlCheckTest, TablesAndTheirOwners) {
  PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "database", {"alfresco", "no tables"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kInvalidArgument);

  Make("CREATE TABLE other(a int)");
  ExpectOne(Run(), Severity::kWarning, "database", {"no table alf_content_url"});

  Make(
      "CREATE ROLE \"report ing\"; CREATE TABLE alf_content_url(id int);"
      "ALTER TABLE other OWNER TO \"report ing\"");
  result = Run();
  ExpectNone(result, "database");
  ExpectNone(result, "dump-program");
  EXPECT_OK(result.verdict);
  ExpectOne(result, Severity::kNote, "roles", {"owner, report ing", "pg_dumpall --roles-only"});
  EXPECT_GT(facts_.bytes.value_or(0), uint64_t{1} << 20);
}

TEST_F(PostgresqlCheckTest, ASchemaOfItsOwn) {
  Make("CREATE TABLE alf_content_url(id int)");
  request_.schema = "alf'1";
  ExpectOne(Run(), Severity::kError, "database", {"schema alf'1", "no tables", "db.schema.name"});
  Make("CREATE SCHEMA \"alf'1\"; CREATE TABLE \"alf'1\".alf_content_url(id int)");
  ExpectNone(Run(), "database");
}

TEST_F(PostgresqlCheckTest, AnAccountThatMayNotReadAll) {
  Make(
      "CREATE TABLE alf_content_url(id int); CREATE TABLE alf_node(id int);"
      "CREATE ROLE reader LOGIN PASSWORD 'p'; GRANT SELECT ON alf_content_url TO reader");
  request_.url.user = "reader";
  request_.password = "p";
  PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "database", {"public.alf_node", "SELECT"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kAborted);
  Make("GRANT SELECT ON alf_node TO reader");
  ExpectNone(Run(), "database");
}

TEST_F(PostgresqlCheckTest, AWrongPasswordOrNoServer) {
  request_.password = "wr0ng";
  PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "database", {"password authentication failed", "--password"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(CheckText(ChecksOf(result, "database")[0]), Not(HasSubstr("wr0ng")));

  request_.url.port = FreePort();
  ExpectOne(Run(), Severity::kError, "database", {"127.0.0.1"});
}

TEST_F(PostgresqlCheckTest, ADumpProgramOlderThanItsServer) {
  Make("CREATE TABLE alf_content_url(id int)");
  const auto pretend = [&](const std::string& version) {
    WriteFile(scratch_ / "pg_dump",
              absl::StrCat("#!/bin/bash\necho 'pg_dump (PostgreSQL) ", version, "'\n"));
    chmod((scratch_ / "pg_dump").c_str(), 0755);
  };
  const tools::PathOverride path(scratch_.path() + ":/usr/bin:/bin");
  pretend("9.6.24 (Debian)");
  const PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "dump-program",
            {"pg_dump 9.6.24 is older than its server", "postgresql-client-"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kAborted);
  pretend("99.1");
  ExpectNone(Run(), "dump-program");
}

TEST(PostgresqlProgramsTest, NoDumpProgram) {
  ScratchDirectory empty;
  const tools::PathOverride path(empty.path());
  tools::DumpRequest request;
  request.url.database = "a";
  DatabaseFacts facts;
  const PreflightResult result = CheckDatabase(request, false, &facts);
  ExpectOne(result, Severity::kError, "dump-program", {"no pg_dump", "postgresql-client"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(facts.bytes.has_value());
}

}  // namespace
}  // namespace ingot
