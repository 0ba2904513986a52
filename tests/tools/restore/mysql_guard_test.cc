#include "tools/restore/mysql_guard.h"

#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot::tools {
namespace {

using testing::HasSubstr;

absl::Status Guard(const std::string& dump, size_t cut = std::string::npos) {
  MysqlGuard guard("alfresco");
  const absl::Span<const char> bytes(dump);
  const size_t first = std::min(cut, dump.size());
  absl::Status status = guard.Feed(bytes.subspan(0, first));
  if (status.ok()) status = guard.Feed(bytes.subspan(first));
  return status.ok() ? guard.Finish() : status;
}

constexpr char kDump[] =
    "/*M!999999\\- enable the sandbox mode */ \n"
    "-- USE prod; it's a comment\n# USE prod;\n/* USE prod; ' */\n"
    "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
    "/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;\n"
    "/*!50003 SET sql_mode              = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES' */ ;\n"
    "/*!50003 SET sql_mode              = @saved_sql_mode */ ;\n"
    "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n"
    "DROP TABLE IF EXISTS `use`;\n"
    "CREATE TABLE /*!32312 IF NOT EXISTS*/ `use` (`a``b` text DEFAULT ';', `delimiter` int);\n"
    "LOCK TABLES `use` WRITE;\n/*!40000 ALTER TABLE `use` DISABLE KEYS */;\n"
    "INSERT INTO `use` VALUES ('; USE prod; \\' ; USE prod;','''; USE prod;',\"\\\"; USE "
    "x;\"),(1.5,"
    "NULL,'/*! USE prod */'),(3--1,0x27,'it''s \\\\');\n"
    "INSERT INTO alfresco.t VALUES (1);\nINSERT INTO `alfresco`.`t` VALUES (1);\nUNLOCK TABLES;\n"
    "ALTER DATABASE `alfresco` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;\n"
    "DELIMITER ;;\n"
    "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER tr BEFORE INSERT ON "
    "t FOR EACH ROW BEGIN -- it's\nSET NEW.t = 'x'; /* ' */ INSERT INTO `audit`.`log` VALUES (1); "
    "END */;;\nDELIMITER ;\n"
    "/*!50001 CREATE VIEW `v` AS select `other`.`t`.`a` AS `a` from `t` `other` */;\n"
    "-- Dump completed";

TEST(MysqlGuardTest, LetsADumpThroughHoweverItIsCut) {
  for (size_t cut = 0; cut < sizeof(kDump); ++cut)
    EXPECT_EQ(Guard(kDump, cut), absl::OkStatus()) << cut;
}

TEST(MysqlGuardTest, RefusesWhatLeadsToAnotherDatabase) {
  for (const char* statement :
       {"USE prod",
        "use`prod`",
        "Use prod",
        "/*!40000 USE prod */",
        "/*!USE prod*/",
        "/*M!100100 USE prod */",
        "/* x */ USE prod",
        "CREATE DATABASE `prod`",
        "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `prod` /*!40100 DEFAULT CHARACTER SET utf8 */",
        "CREATE OR REPLACE SCHEMA prod",
        "/*!40000 DROP DATABASE IF EXISTS `prod`*/",
        "DROP SCHEMA alfresco",
        "ALTER DATABASE prod CHARACTER SET latin1",
        "INSERT INTO `prod`.`t` VALUES (1)",
        "INSERT IGNORE INTO prod . t VALUES (1)",
        "INSERT prod.t VALUES (1)",
        "insert into ALFRESCO.t values (1)",
        "REPLACE INTO `prod`.t VALUES (1)",
        "INSERT INTO `pr``od`.`t` VALUES (1)",
        "CREATE TABLE IF NOT EXISTS `prod`.`t` (a int)",
        "CREATE TEMPORARY TABLE prod.t (a int)",
        "DROP TABLE IF EXISTS `t`, `prod`.`t`",
        "/*!40000 ALTER TABLE `prod`.`t` DISABLE KEYS */",
        "LOCK TABLES `t` WRITE, `prod`.`t` WRITE",
        "TRUNCATE prod.t",
        "DELETE FROM prod.t",
        "UPDATE `prod`.`t` SET a = 1",
        "/*!99999 SELECT 1 */ USE prod",
        "SELECT 1 /*!99999 ' */; USE prod; -- '",
        "SELECT 1 /*!99999 \"\\*/; USE prod; -- \"",
        "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
        "SET sql_mode = 1048576",
        "SET SESSION sql_mode := 0x100000",
        "SET @@session.sql_mode = CONCAT('NO_BACKSLASH', '_ESCAPES')",
        "SET a = 1, @@sql_mode = @x",
        "SET @OLD_SQL_MODE = 1048576, a = 1",
        "SET @saved_sql_mode = CONCAT('NO_BACKSLASH', '_ESCAPES')",
        "SET sql_mode = 'x' + 1048576",
        "SET STATEMENT sql_mode = 1048576 FOR SELECT 1",
        "SELECT 1048576 INTO @saved_sql_mode",
        "SELECT @OLD_SQL_MODE := 1048576",
        "/*!40101 SET sql_mode = 1048576 */",
        "charset gbk",
        "CHARSET gbk\nSELECT 1",
        "SELECT 1 \\u prod"}) {
    const std::string before = absl::StrCat(kDump, "\nSELECT ';';");
    const std::string dump = absl::StrCat(before, statement, ";\n");
    for (size_t cut = before.size(); cut < dump.size(); ++cut) {
      const absl::Status status = Guard(dump, cut);
      EXPECT_TRUE(absl::IsDataLoss(status)) << statement << ", cut at " << cut << ": " << status;
    }
    EXPECT_TRUE(absl::IsDataLoss(Guard(absl::StrCat("DELIMITER ;;\nSELECT 1; ", statement, ";;"))))
        << statement;
  }
  EXPECT_THAT(std::string(Guard("SELECT 1;\n  USE prod;").message()),
              HasSubstr("refused: the statement at byte 12 of the dump is a USE"));
}

TEST(MysqlGuardTest, RefusesADumpThatEndsInTheMiddle) {
  for (const char* dump : {"INSERT INTO t VALUES ('", "/* ", "/*!40000 SELECT 1"}) {
    EXPECT_TRUE(absl::IsDataLoss(Guard(dump))) << dump;
  }
}

}  // namespace
}  // namespace ingot::tools
