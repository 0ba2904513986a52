#include "tools/preflight/database_check.h"

#include <sqlite3.h>

#include "tests/testing.h"
#include "tests/tools/database/dumping.h"
#include "tests/tools/preflight/checks.h"

namespace ingot {
namespace {

class SqliteCheckTest : public testing::Test {
 protected:
  void Make(const std::string& sql) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open((scratch_ / "alf.db").c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(connection);
  }
  PreflightResult Run(bool alfresco) {
    tools::DumpRequest request;
    request.url.vendor = tools::DatabaseVendor::kSqlite;
    request.url.database = scratch_ / "alf.db";
    return CheckDatabase(request, alfresco, &facts_);
  }
  ScratchDirectory scratch_;
  DatabaseFacts facts_;
};

TEST_F(SqliteCheckTest, TheTables) {
  PreflightResult result = Run(true);
  ExpectOne(result, Severity::kError, "database", {scratch_ / "alf.db"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kAborted);
  Make("PRAGMA user_version = 1");
  result = Run(true);
  ExpectOne(result, Severity::kError, "database", {"has no tables"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kInvalidArgument);
  Make("CREATE TABLE t(a)");
  ExpectOne(Run(true), Severity::kWarning, "database", {"no table alf_content_url"});
  ExpectNone(Run(false), "database");
  Make("CREATE TABLE ALF_CONTENT_URL(a)");
  ExpectNone(Run(true), "database");
  EXPECT_GT(facts_.bytes.value_or(0), 0u);
}

TEST_F(SqliteCheckTest, AFileThatIsNoDatabase) {
  WriteFile(scratch_ / "alf.db", std::string(5000, 'x'));
  ExpectOne(Run(true), Severity::kError, "database", {"not a database"});
}

TEST(CommandCheckTest, NeedsBash) {
  tools::DumpRequest request;
  request.url.vendor = tools::DatabaseVendor::kCommand;
  request.command = "echo dump";
  DatabaseFacts facts;
  ExpectOne(CheckDatabase(request, true, &facts), Severity::kNote, "dump-program", {"not before"});
  ScratchDirectory empty;
  const tools::PathOverride path(empty.path());
  ExpectOne(CheckDatabase(request, true, &facts), Severity::kError, "dump-program", {"no bash"});
}

}  // namespace
}  // namespace ingot
