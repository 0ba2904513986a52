// mariadb-dump against a real server, restored with its client and compared.
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/servers.h"
#include "tests/testing.h"
#include "tests/tools/database/dumping.h"

namespace ingot::tools {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kSchema[] = R"sql(
CREATE TABLE docs(id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255) CHARACTER SET utf8mb4,
  body LONGBLOB, note TEXT, d DOUBLE, n DECIMAL(30,10), t TIMESTAMP(6) NULL, b BIT(9),
  twice BIGINT AS (id * 2) VIRTUAL) ENGINE=InnoDB;
CREATE TABLE children(doc BIGINT, `we``ird 'col` TEXT, FOREIGN KEY (doc) REFERENCES docs(id)) ENGINE=InnoDB;
CREATE TABLE log(line TEXT) ENGINE=InnoDB;
CREATE SEQUENCE counter START WITH 17 INCREMENT BY 3 NOCACHE;
CREATE VIEW names AS SELECT id, name FROM docs;
DELIMITER $$
CREATE TRIGGER child_added AFTER INSERT ON children FOR EACH ROW
BEGIN INSERT INTO log VALUES (CONCAT('child; of ', NEW.doc)); END$$
CREATE PROCEDURE fill(IN n INT) BEGIN SELECT n; END$$
CREATE FUNCTION twice_of(n INT) RETURNS INT DETERMINISTIC RETURN n * 2$$
CREATE EVENT cleaning ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM log WHERE 1 = 0; END$$
DELIMITER ;
)sql";

constexpr char kRows[] = R"sql(
INSERT INTO docs(name, body, note, d, n, t, b) VALUES
 ('emoji 😀', X'00ff00275c0a', 'back\\slash \\n \n tab\t cr\r\n \Z \0 nul', 0.1, 1234567890.0123456789,
  '2026-11-23 16:23:35.123456', b'100000001'),
 ('', '', NULL, NULL, NULL, NULL, NULL),
 ('quote''s "', X'00', '-- Dump completed', -1e308, 0, NULL, b'0');
INSERT INTO docs(name, body) SELECT CONCAT('large ', seq), REPEAT(UNHEX(MD5(seq)), 131072) FROM seq_1_to_4;
INSERT INTO docs(name, note) SELECT CONCAT('row ', seq), MD5(seq) FROM seq_1_to_20000;
INSERT INTO children SELECT id, name FROM docs WHERE id < 10;
SELECT NEXTVAL(counter);
)sql";

constexpr char kChecks[] = R"sql(
SELECT COUNT(*), SUM(LENGTH(body)), SUM(CRC32(CONCAT_WS('|', id, HEX(name), MD5(body), HEX(note), d, n, t,
  HEX(b), twice))) FROM docs;
SELECT HEX(name), HEX(note), HEX(body) FROM docs WHERE id < 4;
SELECT * FROM children ORDER BY doc; SELECT * FROM log ORDER BY line; SELECT COUNT(*) FROM names;
CALL fill(3); SELECT twice_of(4); SELECT next_not_cached_value FROM counter;
SELECT event_name, event_definition FROM information_schema.events WHERE event_schema = DATABASE();
SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()
)sql";

class MysqlDumpTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    server_ = StartMariadb(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    server_->CreateDatabase("source");
    setenv("HOME", directory_.path().c_str(), 1);  // no option file but the test's own
  }
  DumpRequest Request(const std::string& database) {
    DumpRequest request;
    request.url = ParseDatabaseUrl(server_->Url(database)).value();
    request.password = DatabaseServer::password();
    return request;
  }
  std::string FailureOf(const DumpRequest& request) {
    const absl::Status status = DumpTo(request, directory_ / "failed.sql").status;
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
    return std::string(status.message());
  }

  ScratchDirectory directory_;
  std::unique_ptr<DatabaseServer> server_;
};

// Without the lines that name the database or the time.
std::string WithoutNames(const std::string& dump) {
  std::string kept;
  for (const absl::string_view line : absl::StrSplit(dump, '\n'))
    if (!absl::StartsWith(line, "-- Host: ") && !absl::StartsWith(line, "-- Dump completed on ") &&
        !absl::StrContains(line, "for database '") && !absl::StartsWith(line, "ALTER DATABASE "))
      absl::StrAppend(&kept, line, "\n");
  return kept;
}

TEST_F(MysqlDumpTest, RestoresEqual) {
  server_->Query("source", std::string(kSchema) + kRows);
  // The password of the user's own option file must not win, but its other settings hold.
  WriteFile(directory_ / ".my.cnf", "[client]\npassword=wrong\n[mariadb-dump]\nskip-dump-date\n");
  setenv("MYSQL_PWD", "wrong", 1);
  const DumpResult result = DumpTo(Request("source"), directory_ / "dump.sql");
  unsetenv("MYSQL_PWD");
  unlink((directory_ / ".my.cnf").c_str());
  ASSERT_OK(result.status);
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_THAT(result.tool, testing::MatchesRegex("mariadb-dump [0-9]+[.][0-9]+.*-MariaDB"));
  EXPECT_THAT(ReadFile(directory_ / "dump.sql"), testing::EndsWith("-- Dump completed\n"));
  server_->CreateDatabase("restored");
  server_->RunFile("restored", directory_ / "dump.sql");
  EXPECT_EQ(server_->Query("source", kChecks), server_->Query("restored", kChecks));
  ASSERT_OK(DumpTo(Request("source"), directory_ / "source.sql").status);
  ASSERT_OK(DumpTo(Request("restored"), directory_ / "restored.sql").status);
  EXPECT_TRUE(WithoutNames(ReadFile(directory_ / "source.sql")) ==
              WithoutNames(ReadFile(directory_ / "restored.sql")))
      << Shell(absl::StrCat("diff ", directory_ / "source.sql", " ", directory_ / "restored.sql"))
             .output.substr(0, 2000);

  DumpRequest as_mysql = Request("source");
  as_mysql.url.vendor = DatabaseVendor::kMysql;
  EXPECT_THAT(DumpTo(as_mysql, directory_ / "dump.sql").tool, testing::StartsWith("mysqldump "));
}

TEST_F(MysqlDumpTest, UnprotectedTablesAreNamed) {
  server_->Query("source",
                 "CREATE TABLE fine(a INT) ENGINE=InnoDB; CREATE TABLE old(a INT) ENGINE=MyISAM;"
                 "CREATE TABLE older(a INT) ENGINE=Aria; CREATE VIEW v AS SELECT a FROM old;"
                 "CREATE TABLE kept(a INT) ENGINE=InnoDB WITH SYSTEM VERSIONING;");
  const DumpResult result = DumpTo(Request("source"), directory_ / "dump.sql");
  ASSERT_OK(result.status);
  EXPECT_THAT(result.warnings, Contains(AllOf(HasSubstr("old (MyISAM), older (Aria)"),
                                              Not(HasSubstr("fine")), Not(HasSubstr("v (")))));
  EXPECT_THAT(result.warnings, Contains(AllOf(HasSubstr("history"), HasSubstr("kept"))));
}

TEST_F(MysqlDumpTest, PasswordShowsNowhere) {
  server_->Query("source", std::string(kSchema) + kRows);
  setenv("MYSQL_PWD", DatabaseServer::password().c_str(), 1);
  setenv("INGOT_DB_PASSWORD", DatabaseServer::password().c_str(), 1);
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(Request("source"));
  ASSERT_OK(dump);
  char byte;
  ASSERT_OK((*dump)->Read(absl::Span<char>(&byte, 1)));
  ExpectNotVisible("mariadb-dump", DatabaseServer::password());
  for (const char* name : {"MYSQL_PWD", "INGOT_DB_PASSWORD"}) unsetenv(name);
}

TEST_F(MysqlDumpTest, Failures) {
  DumpRequest wrong_password = Request("source");
  wrong_password.password = "hush";
  EXPECT_THAT(FailureOf(wrong_password), AllOf(HasSubstr("Access denied"), Not(HasSubstr("hush"))));
  EXPECT_THAT(FailureOf(Request("absent")), HasSubstr("absent"));
  DumpRequest no_server = Request("source");
  no_server.url.port = FreePort();
  EXPECT_THAT(FailureOf(no_server), HasSubstr("Can't connect"));
  // The server ends the connection in the middle of it.
  server_->Query("source", std::string(kSchema) + kRows);
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(Request("source"));
  ASSERT_OK(dump);
  std::string buffer(1 << 20, '\0');
  ASSERT_OK((*dump)->Read(absl::MakeSpan(buffer)));
  server_->Query(
      "mysql",
      "SET @victim = (SELECT id FROM information_schema.processlist WHERE db = 'source' LIMIT 1);"
      "EXECUTE IMMEDIATE CONCAT('KILL ', @victim)");
  absl::StatusOr<size_t> size = 1;
  while (size.ok() && *size > 0) size = (*dump)->Read(absl::MakeSpan(buffer));
  ASSERT_OK(size);
  EXPECT_EQ((*dump)->Finish().code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace ingot::tools
