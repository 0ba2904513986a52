#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/servers.h"
#include "tests/tools/database/dumping.h"
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
    const absl::Status status = Restore(Target().get(), dump);
    EXPECT_FALSE(status.ok()) << dump;
    EXPECT_FALSE(std::filesystem::exists(mark)) << dump;
  }
  EXPECT_EQ(server_->Query(database_, "SELECT count(*) FROM t"), "0\n");
}

TEST_F(MysqlTargetTest, AnotherDatabaseIsNotTouched) {
  server_->CreateDatabase("prod");
  server_->Query("prod", "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)");
  for (const char* dump : {"/*!40000 DROP DATABASE IF EXISTS `prod`*/;\n",
                           "CREATE TABLE a (i INT);\nUSE `prod`;\nDROP TABLE IF EXISTS `t`;\n",
                           "INSERT INTO `prod`.`t` VALUES (2);\n"}) {
    const absl::Status status = Restore(Target().get(), dump);
    EXPECT_TRUE(absl::IsDataLoss(status)) << dump << status;
  }
  EXPECT_EQ(server_->Query("prod", "SELECT a FROM t"), "1\n");
  EXPECT_EQ(Target()->Look()->tables, 0);
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
  const absl::Status status = Restore(Target().get(), "CREATE TABLE a (i int);\nnonsense;\n");
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("at line 2"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds a part now: DROP DATABASE `"));
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
