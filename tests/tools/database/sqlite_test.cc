// SQLite dumps, read back with the sqlite3 shell and compared by its own .dump.
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "io/interruption.h"
#include "tests/testing.h"
#include "tests/tools/database/dumping.h"
#include "tools/database/sqlite_literal.h"

namespace ingot::tools {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// A connection that a test writes with; any error fails the test.
class Writer {
 public:
  explicit Writer(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &connection_), SQLITE_OK);
    sqlite3_busy_timeout(connection_, 60'000);
  }
  ~Writer() { sqlite3_close(connection_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Execute(const std::string& sql) {
    char* error = nullptr;
    sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, &error);
    if (error != nullptr) ADD_FAILURE() << sql.substr(0, 200) << ": " << error;
    sqlite3_free(error);
  }
  void InsertReal(double value) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection_, "INSERT INTO r(v) VALUES(?)", -1, &statement, nullptr);
    sqlite3_bind_double(statement, 1, value);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
  }
  std::vector<double> Reals() {
    std::vector<double> values;
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection_, "SELECT v FROM r ORDER BY rowid", -1, &statement, nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW)
      values.push_back(sqlite3_column_double(statement, 0));
    sqlite3_finalize(statement);
    return values;
  }

 private:
  sqlite3* connection_ = nullptr;
};

class SqliteDumpTest : public testing::Test {
 protected:
  void SetUp() override {
    if (Shell("command -v sqlite3").exit_code != 0) SKIP_OR_FAIL("the sqlite3 shell is missing");
  }

  DumpRequest Request() {
    DumpRequest request;
    request.url.vendor = DatabaseVendor::kSqlite;
    request.url.database = source_;
    return request;
  }
  DumpResult Take() { return DumpTo(Request(), sql_); }

  void DumpAndRestore() {
    const DumpResult result = Take();
    ASSERT_OK(result.status);
    unlink(restored_.c_str());
    const ShellResult restore = Shell("sqlite3 -bail " + restored_ + " < " + sql_);
    ASSERT_EQ(restore.exit_code, 0) << restore.error;
    EXPECT_EQ(restore.error, "");
    EXPECT_EQ(Query(restored_, "PRAGMA integrity_check"), "ok\n");
  }
  // The shell's own dump of both, rowids shown.
  void ExpectEqual() {
    const std::string command = " '.dump --preserve-rowids'";
    EXPECT_EQ(Shell("sqlite3 " + source_ + command).output,
              Shell("sqlite3 " + restored_ + command).output);
  }
  std::string Query(const std::string& database, const std::string& sql) {
    WriteFile(directory_ / "query", sql + ";\n");
    const ShellResult result = Shell("sqlite3 " + database + " < " + (directory_ / "query"));
    EXPECT_EQ(result.error, "");
    return result.output;
  }
  void ExpectSameAnswer(const std::string& sql) {
    EXPECT_EQ(Query(source_, sql), Query(restored_, sql)) << sql;
  }

  ScratchDirectory directory_;
  const std::string source_ = directory_ / "source.db";
  const std::string restored_ = directory_ / "restored.db";
  const std::string sql_ = directory_ / "dump.sql";
};

constexpr char kNastySchema[] = R"sql(
  PRAGMA user_version=42; PRAGMA application_id=-1234567;
  CREATE TABLE plain(a, b TEXT, c BLOB, d REAL, e INTEGER);
  CREATE TABLE "we""ird 'name]"("col ""umn" TEXT DEFAULT 'x''y', [select] INT) -- ends in a comment
  ;
  CREATE TABLE keyed(id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE);
  CREATE TABLE descending(id INTEGER PRIMARY KEY DESC, v);
  CREATE TABLE norow(k TEXT, n INT, v, PRIMARY KEY(k, n)) WITHOUT ROWID;
  CREATE TABLE made(a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL, c TEXT,
                    d TEXT AS (c || '!') STORED);
  CREATE TABLE strictly(a INT, b TEXT) STRICT;
  CREATE TABLE taken(rowid, _rowid_, oid);
  CREATE TABLE parent(id INTEGER PRIMARY KEY);
  CREATE TABLE child(p REFERENCES parent(id));
  CREATE TABLE empty(a);
  CREATE INDEX plain_b ON plain(b);
  CREATE UNIQUE INDEX plain_part ON plain(e) WHERE e > 1000;
  CREATE VIEW seen AS SELECT a, b FROM plain;
  CREATE VIEW commented AS SELECT 1 AS one -- a comment that would swallow a semicolon
  ;
  CREATE TABLE log(line TEXT);
  CREATE TRIGGER keyed_log AFTER INSERT ON keyed BEGIN INSERT INTO log VALUES('new; ' || new.v); END;
  CREATE TRIGGER seen_insert INSTEAD OF INSERT ON seen BEGIN
    INSERT INTO plain(a, b) VALUES(new.a, new.b); /* ; */ END;
)sql";

constexpr char kNastyRows[] = R"sql(
  INSERT INTO plain VALUES(NULL, 'it''s', X'00ff27', 1.5, 9223372036854775807);
  INSERT INTO plain VALUES('', '', X'', 0.0, -9223372036854775808);
  INSERT INTO plain VALUES(1e999, -1e999, zeroblob(3), 1e-320, 1);
  INSERT INTO plain VALUES('line'||char(10)||'feed', 'cr'||char(13)||char(10)||'lf', 3.0, 1e22, 2);
  INSERT INTO plain VALUES(char(0), 'a'||char(0)||'b'||char(0), 'tail'||char(10), 0.1, 3);
  INSERT INTO plain VALUES('\n', '\n'||char(10), '\r(\r0)\z'||char(13)||char(0)||char(10), 1, 4);
  INSERT INTO plain VALUES(char(128512), CAST(X'fffe41' AS TEXT), char(8232), -0.0, 5);
  INSERT INTO plain VALUES('.quit', char(10)||'.quit'||char(10)||'/'||char(10)||'go'||char(10), '--', 7, 6);
  INSERT INTO "we""ird 'name]" VALUES('v', 1);
  INSERT INTO keyed(v) VALUES('one'), ('two'), ('three'); DELETE FROM keyed WHERE v = 'three';
  INSERT INTO descending VALUES(5, 'a'), (1, 'b');
  INSERT INTO norow VALUES('k', 1, X'61'), ('a', 2, 'x');
  INSERT INTO made(a, c) VALUES(21, 'c'), (NULL, NULL);
  INSERT INTO strictly VALUES(1, 'x');
  INSERT INTO taken VALUES(1, 2, 3);
  INSERT INTO child VALUES(99);
  DELETE FROM plain WHERE e = 1; INSERT INTO plain(rowid, e) VALUES(1000000, 7);
)sql";

TEST_F(SqliteDumpTest, RestoresEqual) {
  Writer(source_).Execute(std::string(kNastySchema) + kNastyRows + "ANALYZE;");
  DumpAndRestore();
  ExpectEqual();
  for (const char* sql :
       {"PRAGMA user_version", "PRAGMA application_id", "PRAGMA encoding",
        "SELECT rowid FROM plain",
        "SELECT hex(a), hex(b), hex(c), quote(d), e, typeof(a), typeof(b), typeof(c) FROM plain",
        "SELECT * FROM made", "SELECT * FROM sqlite_sequence", "SELECT * FROM sqlite_stat1",
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2", "SELECT * FROM log"}) {
    ExpectSameAnswer(sql);
  }
}

TEST_F(SqliteDumpTest, RealsToTheLastBit) {
  std::vector<double> values = {0.1,
                                1.0 / 3,
                                5e-324,
                                2.2250738585072014e-308,
                                1.7976931348623157e308,
                                9007199254740993.0,
                                1e15,
                                123456789012345680.0,
                                -2.5e-5,
                                4.35,
                                1e23};
  std::mt19937_64 random(7);
  while (values.size() < 20'000) {
    const uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isfinite(value)) values.push_back(value);
  }
  values.push_back(std::numeric_limits<double>::infinity());
  values.push_back(-std::numeric_limits<double>::infinity());
  {
    Writer writer(source_);
    writer.Execute("CREATE TABLE r(v REAL); BEGIN");
    for (const double value : values) writer.InsertReal(value);
    writer.Execute("COMMIT");
  }
  DumpAndRestore();
  const std::vector<double> restored = Writer(restored_).Reals();
  ASSERT_EQ(restored.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(std::memcmp(&restored[i], &values[i], sizeof(double)), 0) << values[i];
}

TEST_F(SqliteDumpTest, RowsLargerThanAnyBuffer) {
  Writer(source_).Execute(
      "CREATE TABLE large(a BLOB, b TEXT);"
      "INSERT INTO large VALUES(randomblob(5000000), replace(hex(zeroblob(1500000)), '00', 'x''' "
      "|| char(10)));"
      "INSERT INTO large VALUES(randomblob(2097152), hex(randomblob(1048576)));");
  DumpAndRestore();
  ExpectEqual();
  ExpectSameAnswer("SELECT length(a), length(b), count(*) FROM large GROUP BY rowid");
}

TEST_F(SqliteDumpTest, VirtualTables) {
  Writer(source_).Execute(
      "CREATE TABLE doc(title TEXT, body TEXT);"  // its rowids are what the index refers to
      "CREATE VIRTUAL TABLE found USING fts5(title, body, content='doc');"
      "INSERT INTO doc(rowid, title, body) VALUES(7, 'seven', 'swans'), (70, 'seventy', 'geese');"
      "INSERT INTO found(rowid, title, body) SELECT rowid, title, body FROM doc;"
      "CREATE VIRTUAL TABLE own USING fts5(t); INSERT INTO own VALUES('it''s here');"
      "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1); INSERT INTO box VALUES(1, 2.5, 3.5);"
      "CREATE INDEX doc_title ON doc(title);");
  DumpAndRestore();
  ExpectEqual();
  EXPECT_EQ(Query(restored_, "SELECT rowid, title FROM found WHERE found MATCH 'geese'"),
            "70|seventy\n");
  EXPECT_EQ(Query(restored_, "INSERT INTO found(found) VALUES('integrity-check'); SELECT 'fine'"),
            "fine\n");
  EXPECT_EQ(Query(restored_, "SELECT * FROM own WHERE own MATCH 'here'"), "it's here\n");
  EXPECT_EQ(Query(restored_, "SELECT id FROM box WHERE x0 < 3"), "1\n");
}

TEST_F(SqliteDumpTest, OtherEncoding) {
  Writer(source_).Execute(
      "PRAGMA encoding='UTF-16be'; CREATE TABLE t(a TEXT);"
      "INSERT INTO t VALUES(char(128512) || char(0) || 'x' || char(10)), ('');");
  DumpAndRestore();
  ExpectEqual();
  EXPECT_EQ(Query(restored_, "PRAGMA encoding"), "UTF-16be\n");
  ExpectSameAnswer("SELECT hex(a) FROM t");
}

TEST_F(SqliteDumpTest, DatabaseWithoutTables) {
  WriteFile(source_, "");
  const DumpResult result = Take();
  EXPECT_TRUE(absl::IsAborted(result.status)) << result.status;
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("no tables"));
}

TEST_F(SqliteDumpTest, MissingFileIsNotMade) {
  const absl::Status status = StartDump(Request()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(source_), HasSubstr("No such file")));
  EXPECT_NE(access(source_.c_str(), F_OK), 0);
  for (const char* path : {":memory:", "file::memory:", ""}) {
    DumpRequest request = Request();
    request.url.database = path;
    EXPECT_EQ(StartDump(request).status().code(), absl::StatusCode::kAborted) << path;
  }
}

TEST_F(SqliteDumpTest, NotADatabase) {
  WriteFile(source_, std::string(100'000, 'x'));
  EXPECT_EQ(StartDump(Request()).status().code(), absl::StatusCode::kAborted);
}

TEST_F(SqliteDumpTest, DamageIsAborted) {
  Writer(source_).Execute(
      "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
      "20000)"
      "INSERT INTO t SELECT 'row ' || i FROM n;");
  std::string content = ReadFile(source_);
  std::memset(content.data() + content.size() / 2, 0xff, 8192);
  WriteFile(source_, content);
  const absl::Status status = Take().status;
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_THAT(status.message(), HasSubstr("malformed"));
}

TEST_F(SqliteDumpTest, FinishBeforeTheEndFails) {
  Writer(source_).Execute("CREATE TABLE t(a); INSERT INTO t VALUES(randomblob(1000000))");
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(Request());
  ASSERT_OK(dump);
  char buffer[100];
  ASSERT_OK((*dump)->Read(absl::MakeSpan(buffer)));
  EXPECT_EQ((*dump)->Finish().code(), absl::StatusCode::kAborted);
}

TEST_F(SqliteDumpTest, InterruptedWhileWaitingForALock) {
  Writer writer(source_);
  writer.Execute("CREATE TABLE t(a); BEGIN EXCLUSIVE");
  std::thread interrupter([] {
    absl::SleepFor(absl::Milliseconds(200));
    io::SetInterrupted(true);
  });
  const absl::Time start = absl::Now();
  const absl::Status status = StartDump(Request()).status();
  interrupter.join();
  io::SetInterrupted(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

// Money moves between accounts all the time; in a consistent dump none is lost or made.
class SqliteDumpInUse : public SqliteDumpTest, public testing::WithParamInterface<const char*> {};

TEST_P(SqliteDumpInUse, IsConsistent) {
  constexpr int kAccounts = 5000;
  Writer(source_).Execute(absl::StrCat(
      "PRAGMA journal_mode=", GetParam(),
      "; CREATE TABLE a(id INTEGER PRIMARY KEY, amount INT, pad TEXT);",
      "CREATE TABLE b(id INTEGER PRIMARY KEY, amount INT, pad TEXT);",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ", kAccounts, ")",
      "INSERT INTO a SELECT i, 100, hex(randomblob(100)) FROM n; INSERT INTO b SELECT * FROM a;"));
  std::atomic<bool> stop{false};
  std::atomic<int> transfers{0};
  std::thread writing([this, &stop, &transfers] {
    Writer writer(source_);
    writer.Execute("PRAGMA synchronous=OFF");
    std::mt19937 random(3);
    while (!stop) {
      const int from = static_cast<int>(random() % kAccounts) + 1;
      const int to = static_cast<int>(random() % kAccounts) + 1;
      writer.Execute(
          absl::StrCat("BEGIN IMMEDIATE; UPDATE a SET amount = amount - 7 WHERE id = ", from,
                       "; UPDATE b SET amount = amount + 7 WHERE id = ", to, "; COMMIT"));
      ++transfers;
    }
  });
  while (transfers < 20) absl::SleepFor(absl::Milliseconds(1));
  for (int round = 0; round < 3; ++round) {
    const int before = transfers;
    DumpAndRestore();
    EXPECT_EQ(Query(restored_, "SELECT (SELECT sum(amount) FROM a) + (SELECT sum(amount) FROM b)"),
              absl::StrCat(kAccounts * 200, "\n"));
    while (transfers == before) absl::SleepFor(absl::Milliseconds(1));
  }
  stop = true;
  writing.join();
}

INSTANTIATE_TEST_SUITE_P(Journals, SqliteDumpInUse, testing::Values("WAL", "DELETE"));

// In WAL mode writers go on while a dump is half read, and it stays as of its start.
TEST_F(SqliteDumpTest, SnapshotIsOfTheStart) {
  Writer writer(source_);
  writer.Execute(
      "PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES(randomblob(500000));"
      "CREATE TABLE u(a); INSERT INTO u VALUES('old')");
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(Request());
  ASSERT_OK(dump);
  std::string buffer(1000, '\0');
  ASSERT_OK((*dump)->Read(absl::MakeSpan(buffer)));
  writer.Execute("UPDATE u SET a = 'new'; INSERT INTO t VALUES('new'); CREATE TABLE new(a)");
  std::string text;
  while (true) {
    absl::StatusOr<size_t> size = (*dump)->Read(absl::MakeSpan(buffer));
    ASSERT_OK(size);
    if (*size == 0) break;
    text.append(buffer, 0, *size);
  }
  EXPECT_OK((*dump)->Finish());
  EXPECT_THAT(text,
              AllOf(HasSubstr("'old'"), Not(HasSubstr("new")), testing::EndsWith("COMMIT;\n")));
}

TEST(SqliteLiteral, Texts) {
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
  EXPECT_EQ(QuoteText(""), "''");
  EXPECT_EQ(QuoteText("a\nb"), "replace('a\\nb','\\n',char(10))");
  EXPECT_EQ(QuoteText("\\n\n"), "replace('\\n(\\n0)','(\\n0)',char(10))");
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace ingot::tools
