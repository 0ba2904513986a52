#include <sqlite3.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/tools/database/dumping.h"
#include "tests/tools/restore/feeding.h"

namespace ingot::tools {
namespace {

using testing::HasSubstr;

class SqliteTargetTest : public testing::Test {
 protected:
  std::unique_ptr<DatabaseTarget> Target(const std::string& path) {
    DatabaseTargetOptions options;
    options.request.url.vendor = DatabaseVendor::kSqlite;
    options.request.url.database = path;
    return *DatabaseTarget::Open(options);
  }
  absl::Status Feed(const std::string& dump) {
    std::filesystem::remove(path_);
    return Restore(Target(path_).get(), dump);
  }
  std::string Sql(const std::string& path, const std::string& sql) {
    WriteFile(scratch_ / "sql", sql);
    const ShellResult result = Shell("sqlite3 " + path + " < " + (scratch_ / "sql"));
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.output;
  }

  ScratchDirectory scratch_;
  const std::string path_ = scratch_ / "target.db";
};

TEST_F(SqliteTargetTest, OurOwnDumpComesBackAsItWas) {
  Sql(scratch_ / "source.db",
      "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b BLOB, r REAL);\n"
      "INSERT INTO t (a, b, r) VALUES ('it''s; -- /* ', x'00ff', 0.1), (char(10, 13, 0, 59), NULL, "
      "1e999), ('END;', x'', -3);\n"
      "CREATE TRIGGER tr AFTER INSERT ON t WHEN NEW.a = ';' BEGIN UPDATE t SET r = 1; SELECT CASE "
      "WHEN 1 THEN 2 END; END;\n"
      "CREATE VIEW v AS SELECT a FROM t; CREATE INDEX i ON t (a) WHERE a <> ';';\n"
      "CREATE VIRTUAL TABLE f USING fts5(x, content='t', content_rowid='id');\n"
      "INSERT INTO f (rowid, x) VALUES (1, 'hello world'); PRAGMA user_version=7; ANALYZE;\n");
  DumpRequest request;
  request.url.vendor = DatabaseVendor::kSqlite;
  request.url.database = scratch_ / "source.db";
  ASSERT_OK(DumpTo(request, scratch_ / "dump.sql").status);
  ASSERT_THAT(ReadFile(scratch_ / "dump.sql"), HasSubstr("writable_schema"));
  EXPECT_EQ(Target(path_)->Look()->tables, 0);
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_OK(Feed(ReadFile(scratch_ / "dump.sql")));
  EXPECT_EQ(Sql(path_, ".dump"), Sql(scratch_ / "source.db", ".dump"));
  EXPECT_EQ(Sql(path_,
                "SELECT rowid FROM f WHERE f MATCH 'world'; PRAGMA user_version; PRAGMA "
                "integrity_check;"),
            "1\n7\nok\n");
}

TEST_F(SqliteTargetTest, TheShellsDumpComesBack) {
  ASSERT_OK(
      Feed("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\nINSERT INTO t "
           "VALUES(1);\nCOMMIT;\n"));
  EXPECT_EQ(Sql(path_, "SELECT a FROM t"), "1\n");
}

TEST_F(SqliteTargetTest, HostileDumpsAreRefusedAndLeaveNothing) {
  const std::string mark = scratch_ / "mark";
  const std::string statements[] = {
      absl::StrCat("ATTACH '", mark, "' AS m;"),
      absl::StrCat("VACUUM INTO '", mark, "';"),
      "PRAGMA journal_mode=OFF;",
      "PRAGMA main.temp_store_directory='/';",
      "SELECT load_extension('x');",
      "CREATE TEMP TABLE x(a);",
      "DROP TABLE t;",
      "CREATE VIRTUAL TABLE x USING fts5(a);",
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql='' WHERE name='t';",
      "PRAGMA writable_schema=ON; DELETE FROM sqlite_master;",
      "PRAGMA writable_schema=ON; INSERT INTO sqlite_master VALUES('table','x','x',2,'CREATE TABLE "
      "x(a)');",
      "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table','x','x',2,'CREATE "
      "VIRTUAL TABLE x USING fts5(a)');",
      "INSERT INTO "
      "sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('trigger','x','t',0,'CREATE VIRTUAL "
      "TABLE x USING fts5(a)');",
      "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table','x','x',0,'CREATE "
      "TABLE x(a)');",
      "SAVEPOINT s;",
      "ROLLBACK;",
      absl::StrCat("COMMIT; ATTACH '", mark, "' AS m;"),
  };
  for (const std::string& statement : statements) {
    const absl::Status status =
        Feed(absl::StrCat("BEGIN TRANSACTION;\nCREATE TABLE t(a);\n", statement, "\nCOMMIT;\n"));
    EXPECT_FALSE(status.ok()) << statement;
    EXPECT_THAT(std::string(status.message()), HasSubstr("nothing was kept")) << statement;
    EXPECT_FALSE(std::filesystem::exists(mark)) << statement;
    EXPECT_EQ(Sql(path_, "SELECT count(*) FROM sqlite_master"), "0\n") << statement;
  }
}

TEST_F(SqliteTargetTest, ACutDumpIsNotCommitted) {
  const std::string whole =
      "BEGIN TRANSACTION;\nCREATE TABLE t(a);\nINSERT INTO t VALUES('x;y');\nCOMMIT;\n";
  for (size_t length = 1; length < whole.size() - 1; ++length) {
    EXPECT_FALSE(Feed(whole.substr(0, length)).ok()) << length;
    EXPECT_EQ(Target(path_)->Look()->tables, 0) << length;
  }
  EXPECT_OK(Feed(whole));
}

TEST_F(SqliteTargetTest, ADatabaseInUseIsSeen) {
  Sql(path_, "CREATE TABLE mine(a);");
  EXPECT_EQ(Target(path_)->Look()->table, "mine");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN; SELECT * FROM mine", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(Target(path_)->Look()->connections, 1);
  sqlite3_close(other);
  EXPECT_EQ(Target(path_)->Look()->connections, 0);
}

}  // namespace
}  // namespace ingot::tools
