#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/servers.h"
#include "tests/tools/database/dumping.h"
#include "tests/tools/restore/every_object.h"
#include "tests/tools/restore/feeding.h"

namespace ingot::tools {
namespace {

using testing::HasSubstr;

constexpr char kSource[] =
    "CREATE TABLE alf_content_url (id BIGINT PRIMARY KEY, content_url VARCHAR(255), content_size "
    "BIGINT);\n"
    "CREATE TABLE alf_content_data (id BIGINT PRIMARY KEY, content_url_id BIGINT);\n"
    "CREATE TABLE nasty (id INT AUTO_INCREMENT PRIMARY KEY, t TEXT, b BLOB);\n"
    "INSERT INTO nasty (t, b) VALUES ('\\\\! touch x', x'00ff'), ('a\\n\\\\! b\\r\\nc', x''), "
    "('\\nsystem touch x\\n', NULL), (NULL, NULL);\n"
    "DELIMITER //\nCREATE TRIGGER tr BEFORE INSERT ON nasty FOR EACH ROW BEGIN SET NEW.t = 'x'; "
    "SET NEW.b = NULL; END//\nDELIMITER ;\n"
    "INSERT INTO alf_content_url VALUES (1, 'store://a', 10), (2, 'store://tab\\tb', 20), (3, "
    "'store://orphan', 30);\n"
    "INSERT INTO alf_content_data VALUES (1, 1), (2, 2), (3, NULL), (4, 1);\n";

class MysqlTargetTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = StartMariadb(&why_not_).release(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override {
    if (server_ == nullptr) SKIP_OR_FAIL(why_not_);
    static int number = 0;
    database_ = absl::StrCat("target", ++number);
    server_->CreateDatabase(database_);
  }
  DumpRequest Request(const std::string& database) {
    DumpRequest request;
    request.url = *ParseDatabaseUrl(server_->Url(database));
    request.password = DatabaseServer::password();
    return request;
  }
  std::unique_ptr<DatabaseTarget> Target() {
    auto target = DatabaseTarget::Open({Request(database_), false, false});
    EXPECT_OK(target);
    return *std::move(target);
  }

  static DatabaseServer* server_;
  static std::string why_not_;
  IgnoreBrokenPipes pipes_;
  ScratchDirectory scratch_;
  std::string database_;
};
DatabaseServer* MysqlTargetTest::server_ = nullptr;
std::string MysqlTargetTest::why_not_;

TEST_F(MysqlTargetTest, ARealDumpComesBackAsItWas) {
  server_->CreateDatabase("source");
  WriteFile(scratch_ / "source.sql", kSource);
  server_->RunFile("source", scratch_ / "source.sql");
  ASSERT_OK(DumpTo(Request("source"), scratch_ / "dump.sql").status);
  const auto target = Target();
  EXPECT_EQ(target->Look()->tables, 0);
  ASSERT_OK(Restore(target.get(), ReadFile(scratch_ / "dump.sql")));
  constexpr char kRows[] = "SELECT id, HEX(t), HEX(b) FROM nasty ORDER BY id";
  EXPECT_EQ(server_->Query(database_, kRows), server_->Query("source", kRows));
  server_->Query(database_, "INSERT INTO nasty (t) VALUES ('y')");
  EXPECT_THAT(server_->Query(database_, "SELECT t FROM nasty ORDER BY id DESC LIMIT 1"),
              HasSubstr("x"));  // the trigger
  EXPECT_EQ(target->Look()->tables, 3);

  std::string urls;
  const auto rows = target->ReadContentRows([&urls](const ReferencedUrl& url) {
    absl::StrAppend(&urls, url.url, " ", url.size, "\n");
    return absl::OkStatus();
  });
  ASSERT_OK(rows);
  EXPECT_EQ(rows->url_rows, 3);
  EXPECT_EQ(rows->data_rows, 4);
  EXPECT_EQ(urls, "store://a 10\nstore://tab\tb 20\n");
}

// Dumped again it is the same.
TEST_F(MysqlTargetTest, EveryTypeOfObjectComesBack) {
  server_->CreateDatabase("every");
  WriteFile(scratch_ / "every.sql", kEveryMariadbObject);
  server_->RunFile("every", scratch_ / "every.sql");
  // Of triggers, routines and events that are of another collation the dump says so.
  server_->Query("every", "ALTER DATABASE every COLLATE utf8mb4_bin");
  const auto dump = [this] {
    EXPECT_OK(DumpTo(Request("every"), scratch_ / "dump.sql").status);
    return ReadFile(scratch_ / "dump.sql");
  };
  // The times of the dump, and of a row's versions: they are of the restore.
  const auto without_times = [](const std::string& text) {
    std::string rest;
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      const bool time =
          absl::StrContains(line, "2038-01-19") || absl::StartsWith(line, "-- Dump completed");
      if (!time) absl::StrAppend(&rest, line, "\n");
    }
    return rest;
  };
  const std::string before = dump();
  for (const char* type : {"SEQUENCE `", "TABLE `", "VIEW `", "TRIGGER ", "EVENT `", "PROCEDURE `",
                           "FUNCTION `", "PACKAGE \"", "PACKAGE BODY \""}) {
    ASSERT_THAT(before, HasSubstr(type));
  }
  server_->Query("mysql", "DROP DATABASE every");
  server_->CreateDatabase("every");
  server_->Query("every", "ALTER DATABASE every COLLATE utf8mb4_bin");
  database_ = "every";
  ASSERT_OK(Restore(Target().get(), before));
  EXPECT_EQ(server_->Query("every", "SELECT a FROM ver"), "2\n");
  EXPECT_EQ(without_times(dump()), without_times(before));

  // As users may dump with a command of their own.
  const std::string program = absl::StrCat("MYSQL_PWD=$(cat ", scratch_ / "password",
                                           ") mariadb-dump --no-defaults -h 127.0.0.1 -P ",
                                           server_->port(), " -u owner --routines --events ");
  WriteFile(scratch_ / "password", DatabaseServer::password());
  for (const char* options :
       {"every", "--skip-opt --add-drop-trigger every", "--compact every", "--databases every",
        "--no-autocommit --replace --skip-log-queries every", "--insert-ignore --hex-blob every",
        "--dump-history every", "--compatible=ansi every", "--default-character-set=latin1 every",
        "--no-data every", "--no-create-info --complete-insert --skip-extended-insert every"}) {
    ShellResult result = Shell(program + options);
    ASSERT_EQ(result.exit_code, 0) << options << result.error;
    EXPECT_EQ(Target()->Inspect(BytesOf(result.output)), absl::OkStatus()) << options;
  }
}

TEST_F(MysqlTargetTest, HostileDumpsRunNothing) {
  const std::string mark = scratch_ / "mark";
  WriteFile(scratch_ / "secret", "a line of this machine\n");
  WriteFile(scratch_ / "more.sql", absl::StrCat("\\! touch ", mark, "\n"));
  const std::string dumps[] = {
      absl::StrCat("\\! touch ", mark, "\n"),
      absl::StrCat("system touch ", mark, "\n"),
      absl::StrCat("SELECT 1;\nSELECT 2 \\! touch ", mark, "\n;\n"),
      absl::StrCat("source ", scratch_ / "more.sql", "\n"),
      absl::StrCat("\\. ", scratch_ / "more.sql", "\n"),
      absl::StrCat("pager touch ", mark, "\nSELECT 1;\n"),
      absl::StrCat("tee ", mark, "\nSELECT 1;\n"),
      absl::StrCat("\\T ", mark, "\nSELECT 1;\n"),
      absl::StrCat("DELIMITER //\n\\! touch ", mark, "\n//\n"),
      absl::StrCat("CREATE TABLE t (a TEXT);\nLOAD DATA LOCAL INFILE '", scratch_ / "secret",
                   "' INTO TABLE t;\n"),
  };
  for (const std::string& dump : dumps) {
    EXPECT_TRUE(absl::IsDataLoss(Restore(Target().get(), dump))) << dump;
    // Even if nobody had looked at it before.
    EXPECT_FALSE(Target()->Feed(BytesOf(dump)).ok()) << dump;
    EXPECT_FALSE(std::filesystem::exists(mark)) << dump;
  }
  EXPECT_EQ(server_->Query(database_, "SELECT count(*) FROM t"), "0\n");
}

TEST_F(MysqlTargetTest, AnotherDatabaseIsNotTouched) {
  server_->CreateDatabase("prod");
  server_->Query("prod", "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)");
  for (const char* dump :
       {"/*!40000 DROP DATABASE IF EXISTS `prod`*/;\n",
        "CREATE TABLE a (i INT);\nUSE `prod`;\nDROP TABLE IF EXISTS `t`;\n",
        "INSERT INTO `prod`.`t` VALUES (2);\n",
        "SET sql_mode='ANSI';\nCREATE TABLE tt(\"a\\\" int); DROP DATABASE prod; -- "
        "\");\n",
        "SET sql_mode='ORACLE';\nCREATE TABLE tt(\"a\\\" int); DROP TABLE prod.t; "
        "-- \");\n",
        "EXECUTE IMMEDIATE 'DROP DATABASE prod';\n",
        "PREPARE s FROM 'DROP DATABASE prod'; EXECUTE s;\n",
        "DELIMITER ;;\nCREATE PROCEDURE p() SELECT 1; DROP TABLE prod.t;;\n",
        "SET NAMES gbk; CREATE TABLE g (a text);\nINSERT INTO g VALUES "
        "('\xbf\\'); DROP TABLE prod.t; -- ');\n",
        "CREATE VIEW prod.v AS SELECT 1;\n", "WITH x AS (SELECT 1) DELETE FROM prod.t;\n",
        "GRANT ALL ON *.* TO owner;\n"}) {
    const absl::Status status = Restore(Target().get(), dump);
    EXPECT_TRUE(absl::IsDataLoss(status)) << dump << status;
  }
  EXPECT_EQ(server_->Query("prod", "SELECT a FROM t"), "1\n");
  EXPECT_EQ(Target()->Look()->tables, 0);
}

// What the guard reads as a text the server must not read as a name.
TEST_F(MysqlTargetTest, TheServersOwnModeIsNotUsed) {
  server_->CreateDatabase("kept");
  server_->Query("kept", "CREATE TABLE t (a INT)");
  server_->Query("mysql", "SET GLOBAL sql_mode = 'ANSI'");
  const absl::Status status =
      Restore(Target().get(),
              "CREATE TABLE tt(a int COMMENT \"a\\\", b int); DROP TABLE kept.t; -- \");\n");
  server_->Query("mysql", "SET GLOBAL sql_mode = DEFAULT");
  EXPECT_OK(status);
  EXPECT_EQ(server_->Query("kept", "SELECT count(*) FROM t"), "0\n");
}

// However the option file of who makes the backup asks for CREATE DATABASE and USE.
TEST_F(MysqlTargetTest, ADumpNamesNoDatabase) {
  server_->CreateDatabase("named");
  server_->Query("named", "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)");
  const std::string home = getenv("HOME") == nullptr ? "" : getenv("HOME");
  setenv("HOME", scratch_.path().c_str(), 1);
  for (const char* option : {"databases", "databases\nadd-drop-database", "all-databases"}) {
    WriteFile(scratch_ / ".my.cnf", absl::StrCat("[mysqldump]\n", option, "\n"));
    ASSERT_OK(DumpTo(Request("named"), scratch_ / "dump.sql").status);
    EXPECT_EQ(Restore(Target().get(), ReadFile(scratch_ / "dump.sql")), absl::OkStatus()) << option;
    EXPECT_EQ(server_->Query(database_, "SELECT a FROM t"), "1\n");
  }
  setenv("HOME", home.c_str(), 1);
}

TEST_F(MysqlTargetTest, AFailureSaysWhatIsLeftAndWhatToDo) {
  const absl::Status status =
      Restore(Target().get(), "CREATE TABLE a (i int);\nDROP VIEW nonsense;\n");
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("at line 2"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("may hold a part now: DROP DATABASE `"));
  EXPECT_EQ(Target()->Look()->table, "a");
}

TEST_F(MysqlTargetTest, AWrongPasswordHasARemedy) {
  DumpRequest request = Request(database_);
  request.password = "wrong";
  const auto target = DatabaseTarget::Open({request, false, false});
  ASSERT_OK(target);
  const auto use = (*target)->Look();
  EXPECT_TRUE(absl::IsInvalidArgument(use.status())) << use.status();
  EXPECT_THAT(std::string(use.status().message()), HasSubstr("--password-file"));
  EXPECT_THAT(std::string(use.status().message()), testing::Not(HasSubstr("make it")));
}

TEST_F(MysqlTargetTest, ADatabaseThatIsNotThereHasARemedy) {
  database_ = "nowhere";
  const auto use = Target()->Look();
  EXPECT_TRUE(absl::IsInvalidArgument(use.status())) << use.status();
  EXPECT_THAT(std::string(use.status().message()), HasSubstr("CREATE DATABASE `nowhere`"));
}

}  // namespace
}  // namespace ingot::tools
