#include "tools/restore/mysql_guard.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
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
        "SET sql_mode = 'ORACLE', sql_mode = 'UNKNOWN'",
        "SET sql_mode = DEFAULT",
        "SET @x = @@sql_mode, character_set_client = @x",
        "SET @x = @@sql_notes; SET sql_mode = @x",
        "SET GLOBAL sql_mode = ''",
        "SET @@global.sql_mode = ''",
        "SET PERSIST sql_mode = ''",
        "SET PASSWORD = 'x'",
        "SET ROLE x",
        "SET init_connect = 'x'",
        "SET STATEMENT time_zone = 'x' FOR DROP DATABASE prod",
        "EXECUTE IMMEDIATE 'DROP DATABASE prod'",
        "PREPARE s FROM 'DROP DATABASE prod'",
        "EXECUTE s",
        "CALL p()",
        "SELECT f()",
        "DO f()",
        "DO SETVAL(`prod`.`s`, 5, 0)",
        "DO SETVAL(s, f(), 0)",
        "BEGIN NOT ATOMIC DROP TABLE prod.t",
        "WITH x AS (SELECT 1) DELETE FROM prod.t",
        "GRANT ALL ON *.* TO x",
        "REVOKE ALL ON *.* FROM x",
        "FLUSH PRIVILEGES",
        "KILL 1",
        "INSTALL PLUGIN x SONAME 'x'",
        "CHANGE MASTER TO MASTER_HOST = 'x'",
        "CREATE USER x",
        "DROP USER x",
        "CREATE ROLE x",
        "CREATE SERVER x FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')",
        "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
        "CREATE AGGREGATE FUNCTION IF NOT EXISTS f RETURNS INTEGER SONAME 'x.so'",
        "CREATE TABLE t SELECT * FROM prod.t",
        "CREATE TABLE t (a int) ENGINE=MERGE UNION=(`prod`.`t`)",
        "CREATE VIEW prod.v AS SELECT 1",
        "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a`@`b` VIEW prod.v AS SELECT 1",
        "CREATE DEFINER=CURRENT_USER() PROCEDURE prod.p() SELECT 1",
        "CREATE TRIGGER tr BEFORE INSERT ON prod.t FOR EACH ROW SET NEW.a = 1",
        "CREATE EVENT prod.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "CREATE SEQUENCE prod.s",
        "CREATE INDEX i ON prod.t (a)",
        "DROP VIEW IF EXISTS prod.v",
        "DROP FUNCTION prod.f",
        "ALTER EVENT prod.e DISABLE",
        "ALTER TABLE t RENAME TO prod.t",
        "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE prod.t",
        "RENAME TABLE prod.t TO t",
        "INSERT INTO t SELECT * FROM prod.t",
        "INSERT INTO t (SELECT 1)",
        "INSERT INTO t (a) TABLE prod.t",
        "INSERT INTO t SET a = 1",
        "INSERT INTO t VALUES (f())",
        "INSERT INTO t VALUES (`prod`.`f`())",
        "INSERT INTO t VALUES ((SELECT 1))",
        "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = f()",
        "INSERT INTO t VALUES (@x)",
        "INSERT INTO t /*!80000 VALUES (1); */",
        "/*!80000 INSERT INTO t */ VALUES (1)",
        "/*!5 COMMIT */",
        "CREATE TABLE /*!80000 prod. */ t (a int)",
        "CREATE TABLE t (a int) /*!80000 /* */ USE prod; -- */",
        "SET sql_mode = 'ANSI'; CREATE TABLE t (`a` int, \"a\\\" int)",
        "SET NAMES gbk; INSERT INTO t VALUES ('\xbf\\')",
        "SET character_set_client = sjis; INSERT INTO t VALUES ('\x83\\')",
        "SET NAMES 'big5'; CREATE TABLE `\xbf`` (a int)",
        "SET NAMES gb18030; INSERT INTO t VALUES ('\x81\\')",
        "SET NAMES utf8; SET collation_connection = cp932_bin; INSERT INTO t VALUES ('\x83\\')",
        "SET character_set_client = 28",
        "SET character_set_client = 0x67626b",
        "SET character_set_client = x'67626b'",
        "SET character_set_client = DEFAULT",
        "SET character_set_client = 'gb' 'k'",
        "SET character_set_client = '28'",
        "SET character_set_client = 0x67626b; INSERT INTO t VALUES ('\xbf\\')",
        "SET collation_connection = 28",
        "SET NAMES 28",
        "SET NAMES DEFAULT",
        "SET NAMES utf16",
        "SET NAMES _latin1'gbk'",
        "SET NAMES utf8 COLLATE 28",
        "SET CHARACTER SET 28",
        "SET @x = @@sql_mode",
        "CREATE TABLE x VALUES (1)",
        "CREATE TABLE x TABLE prod.t",
        "CREATE TABLE x AS (VALUES (1))",
        "CREATE TABLE x (a int) AS TABLE prod.t",
        "CREATE TABLE x (VALUES ROW(1))",
        "CREATE TABLE x WITH a AS (TABLE prod.t) TABLE a",
        "CREATE TABLE x WITH a AS (SELECT 1) SELECT 1",
        "CREATE TABLE x LIKE other",
        "CREATE TABLE x (LIKE prod.t)",
        "CREATE TABLE x (a int) AUTO_INCREMENT=1.SELECT 1",
        "CREATE TABLE x (a int) AUTO_INCREMENT=1.5SELECT 1",
        "CREATE TABLE x (a int) AUTO_INCREMENT=1e1SELECT 1",
        "CREATE TABLE x (a int) AUTO_INCREMENT=1.e1SELECT 1",
        "CREATE TABLE x (a int) AVG_ROW_LENGTH=.5SELECT 1",
        "CREATE TABLE x SELECT@a",
        "CREATE TABLE x TABLE`t`",
        "ALTER TABLE t",
        "ALTER TABLE t ADD COLUMN a int",
        "ALTER TABLE t CONVERT TO CHARACTER SET gbk",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t DISABLE KEYS, RENAME TO u",
        "ALTER TABLE t ADD KEY (a), DROP COLUMN b",
        "ALTER TABLE t DISCARD TABLESPACE",
        "ALTER IGNORE TABLE prod.t ADD KEY (a)",
        "DO SETVAL(s, @x, 0)",
        "SELECT SETVAL(`prod`.`s`, 1, 0)",
        "SELECT SETVAL(s, 1, 0), f()",
        "SELECT SETVAL(s, 1, 0) INTO @OLD_SQL_MODE",
        "SELECT SETVAL(s, (SELECT 1), 0)",
        "SELECT SETVAL(s, 1",
        "DO SETVAL(s, 1, 0), f()",
        "SELECT 1 AS a_delimiter , 2",
        "charset gbk",
        "CHARSET gbk\nSELECT 1",
        "SELECT 1 \\u prod"}) {
    const std::string before = absl::StrCat(kDump, "\nINSERT INTO t VALUES (';');");
    const std::string dump = absl::StrCat(before, statement, ";\n");
    for (size_t cut = before.size(); cut < dump.size(); ++cut) {
      const absl::Status status = Guard(dump, cut);
      EXPECT_TRUE(absl::IsDataLoss(status)) << statement << ", cut at " << cut << ": " << status;
    }
    EXPECT_TRUE(absl::IsDataLoss(Guard(absl::StrCat("DELIMITER ;;\nCOMMIT; ", statement, ";;"))))
        << statement;
  }
  EXPECT_THAT(std::string(Guard("COMMIT;\n  USE prod;").message()),
              HasSubstr("refused: the statement at byte 10 of the dump is a USE"));
}

TEST(MysqlGuardTest, RefusesASavedVariableThatSomethingStoredMaySet) {
  for (const char* body :
       {"SET @OLD_SQL_MODE = 'x'", "BEGIN SET @a = 1; SELECT 1 INTO@old_sql_mode; END",
        "BEGIN SET @a = 1; SET @`old_SQL_mode  ` = 1; END", "SET @'old_sql_mode' = 1",
        "SET @\xc3\x96LD_SQL_MODE = 1"}) {
    for (const char* format : {"SET @OLD_SQL_MODE=@@SQL_MODE; DELIMITER ;;\n$;;\nDELIMITER ;\n",
                               "DELIMITER ;;\n$;;\nDELIMITER ;\nSET @OLD_SQL_MODE=@@SQL_MODE;\n"}) {
      const std::string before = absl::StrReplaceAll(
          format,
          {{"; D", ";\nD"},
           {"$", absl::StrCat("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW ", body)}});
      EXPECT_EQ(Guard(before), absl::OkStatus()) << before;
      const absl::Status status = Guard(absl::StrCat(before, "SET SQL_MODE=@OLD_SQL_MODE;\n"));
      EXPECT_TRUE(absl::IsDataLoss(status)) << before;
    }
  }
  std::string many;
  for (int i = 0; i < 65; ++i) absl::StrAppend(&many, "SET @old_", i, "=@@sql_mode;\n");
  EXPECT_TRUE(absl::IsDataLoss(Guard(many)));
}

TEST(MysqlGuardTest, DelimiterInTheMiddle) {
  // MariaDB's client sends it all, up to ";;".
  EXPECT_TRUE(absl::IsDataLoss(Guard("DELIMITER ;;\nCOMMIT;\nDELIMITER ;\nCOMMIT;\n")));
  EXPECT_TRUE(absl::IsDataLoss(Guard("/*!40101 DELIMITER */;\n")));
  const std::string names(5000, 'a');
  EXPECT_TRUE(absl::IsDataLoss(
      Guard(absl::StrCat("CREATE VIEW v AS SELECT 1 AS ", names, "delimiter ;\n"))));
  EXPECT_OK(Guard(absl::StrCat("INSERT INTO t VALUES (0x", names, ");\n")));
}

// The server ends them where it reads their end, and runs what is behind.
TEST(MysqlGuardTest, SeesWhereARoutineEnds) {
  constexpr absl::string_view kDrop = " DROP TABLE prod.t;";
  for (const char* routine :
       {"CREATE PROCEDURE p() SELECT 1; %",
        "CREATE PROCEDURE p() BEGIN SELECT 1; END; %",
        "CREATE PROCEDURE p() COMMENT 'x' SELECT 1 AS begin; % SELECT 1 AS end",
        "CREATE PROCEDURE p(begin INT) SET @a = begin; % END",
        "CREATE PROCEDURE p() SELECT 1 AS x; % END",
        "CREATE PROCEDURE p() SELECT CASE WHEN 1 THEN begin END; % END",
        "CREATE PROCEDURE p() IF CASE WHEN x = end THEN begin ELSE 1 END THEN SELECT 1; END IF; %",
        "CREATE PROCEDURE p() IF CASE WHEN BINARY end THEN begin ELSE 1 END THEN SELECT 1; END IF; "
        "%",
        "CREATE PROCEDURE p() IF CASE WHEN x - end THEN begin ELSE 1 END THEN SELECT 1; END IF; %",
        "CREATE PROCEDURE p() IF CASE WHEN x = end THEN IF(1,2,3) ELSE begin END THEN SELECT 1; "
        "END "
        "IF; %",
        "CREATE PROCEDURE p() REPEAT SELECT 1; UNTIL 1 END REPEAT; %",
        "CREATE PROCEDURE p() REPEAT SELECT 1; UNTIL 1. END REPEAT; %",
        "CREATE PROCEDURE p() REPEAT SELECT 1; UNTIL 1e1END REPEAT; % END",
        "CREATE PROCEDURE p() REPEAT SELECT 1; UNTIL 1.5END REPEAT; % END",
        "CREATE PROCEDURE p() begin: LOOP SELECT 1; LEAVE begin; END LOOP; % END",
        "CREATE PROCEDURE p() BEGIN DECLARE begin CONDITION FOR 1; DECLARE EXIT HANDLER FOR begin "
        "SELECT 1; END; % END",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR NOT FOUND SELECT 1 AS begin; END; % "
        "END",
        "CREATE PROCEDURE p() LANGUAGE JAVASCRIPT AS 'x'; % END",
        "CREATE PROCEDURE p() /*!80000 BEGIN */ SELECT 1; % END",
        "CREATE FUNCTION f() RETURNS int RETURN 1; %",
        "CREATE FUNCTION f() RETURNS int BEGIN RETURN CASE 1 WHEN 1 THEN 2 END; END; %",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1; %",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW FOLLOWS begin SET NEW.a = 1; % END",
        "CREATE TRIGGER tr BEFORE INSERT ON begin FOR EACH ROW SET NEW.begin = 1; % END",
        "CREATE EVENT e ON SCHEDULE EVERY do DAY DO SELECT 1; %",
        "CREATE PACKAGE BODY k AS PROCEDURE p() AS BEGIN SELECT 1; END; END; %",
        "CREATE PROCEDURE p AS x INT; BEGIN SELECT 1; END; %",
        "CREATE VIEW v AS SELECT 1 AS begin; %",
        "CREATE TABLE procedure_t (begin int); %"}) {
    const std::string dump = absl::StrCat(
        "DELIMITER ;;\n", absl::StrReplaceAll(routine, {{" %", kDrop}}), ";;\nDELIMITER ;\n");
    for (size_t cut = 0; cut < dump.size(); ++cut) {
      EXPECT_TRUE(absl::IsDataLoss(Guard(dump, cut))) << dump << " at " << cut;
    }
  }
}

TEST(MysqlGuardTest, LetsRoutinesThrough) {
  for (
      const char* routine :
      {"CREATE PROCEDURE `p`(IN a INT, OUT b INT) COMMENT 'it''s; END' BEGIN DECLARE x CURSOR FOR "
       "SELECT 1; DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLSTATE '42000' BEGIN SET b = 1; END; "
       "DECLARE EXIT HANDLER FOR SQLEXCEPTION SET b = 2; PREPARE s FROM 'SELECT 1'; EXECUTE s; "
       "DROP TABLE IF EXISTS prod.t; INSERT INTO prod.t SELECT 1; END",
       "CREATE PROCEDURE `p`() proc: BEGIN IF a THEN BEGIN SELECT 1; END; ELSEIF b THEN CASE c "
       "WHEN "
       "1 THEN SELECT 1; ELSE BEGIN END; END CASE; ELSE LEAVE proc; END IF; END proc",
       "CREATE PROCEDURE `p`() BEGIN `a`: WHILE i < 3 DO SET i = i + IF(1, CASE WHEN a THEN b.c "
       "ELSE "
       "NULL END, 3); END WHILE a; REPEAT SET i = 1; UNTIL i > CASE 1 WHEN 1 THEN 2 END END "
       "REPEAT; "
       "l: LOOP ITERATE l; END LOOP l; FOR i IN 1..3 DO SELECT i; END FOR; END",
       "CREATE DEFINER=`a`@`%` FUNCTION `f`(a INT) RETURNS varchar(20) CHARSET utf8mb4 COLLATE "
       "utf8mb4_bin READS SQL DATA DETERMINISTIC RETURN (SELECT end FROM t WHERE begin < a)",
       "CREATE DEFINER=`a`@`%` FUNCTION `f`(a INT) RETURNS int(11) NO SQL IF a THEN RETURN 1; ELSE "
       "RETURN now() + INTERVAL 1 DAY; END IF",
       "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER tr AFTER UPDATE ON t FOR "
       "EACH "
       "ROW FOLLOWS x BEGIN /* a ' comment */ SET NEW.end = '*/ x'; -- it's\n INSERT INTO "
       "`audit`.`log` VALUES (1); END\n*/",
       "/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY "
       "STARTS '2030-01-01' ON COMPLETION NOT PRESERVE ENABLE DO BEGIN DELETE FROM t; UPDATE t SET "
       "a "
       "= 1; END\n*/",
       "CREATE DEFINER=\"a\"@\"%\" PACKAGE \"k\" AS FUNCTION f RETURN INT; PROCEDURE p(a INT); END",
       "CREATE PACKAGE BODY \"k\" AS x INT := 1; FUNCTION f RETURN INT AS y INT; BEGIN RETURN 1; "
       "END; PROCEDURE p(a INT) AS BEGIN IF a THEN NULL; ELSIF b THEN NULL; END IF; EXCEPTION WHEN "
       "OTHERS THEN NULL; END; BEGIN x := 2; END",
       "CREATE PROCEDURE \"o\"(a INT) AS b VARCHAR2(10) := 'x'; BEGIN <<l>> FOR i IN 1..3 LOOP "
       "SELECT 1; END LOOP; WHILE a LOOP NULL; END LOOP; DECLARE z INT; BEGIN NULL; END; END",
       "CREATE FUNCTION \"o\" RETURN VARCHAR2(10) AS BEGIN RETURN 'x'; END",
       "CREATE FUNCTION f(a int) RETURNS datetime RETURN case when a then now() else now() + "
       "interval '1:1' minute_second end",
       "CREATE PROCEDURE p(`delimiter` int) BEGIN SELECT concat(a_delimiter, 'x'), t.delimiter\n"
       "FROM t; IF@a THEN SELECT 1e-5, 1e5, .5e1, 2fa INTO@b; END IF; SET @old_status = 1; END"}) {
    const std::string dump = absl::StrCat("DELIMITER ;;\n", routine, " ;;\nDELIMITER ;\nCOMMIT;\n");
    for (size_t cut = 0; cut < dump.size(); ++cut) {
      EXPECT_EQ(Guard(dump, cut), absl::OkStatus()) << dump << " at " << cut;
    }
  }
}

// As mysqldump 5.5 to 8.4 and mariadb-dump up to 11 have them in their sources.
TEST(MysqlGuardTest, LetsWhatTheDumpProgramsWriteThrough) {
  for (const char* statement :
       {"/*!50503 SET NAMES utf8mb4 */",
        "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN",
        "SET @@SESSION.SQL_LOG_BIN= 0",
        "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5'",
        "/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */",
        "/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY */;\n/*M!100616 SET "
        "NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */",
        "/*M!101100 SET @old_system_versioning_insert_history="
        "@@session.system_versioning_insert_history, @@session.system_versioning_insert_history=1 "
        "*/",
        "SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0",
        "set autocommit=0",
        "commit",
        "COMMIT",
        "/*!50003 SET @OLD_SQL_MODE=@@SQL_MODE*/;\n/*!50003 SET SESSION SQL_MODE='ANSI' "
        "*/;\n/*!50003 "
        "SET SESSION SQL_MODE=@OLD_SQL_MODE */",
        "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ANSI'",
        "/*!80002 ANALYZE TABLE `t` UPDATE HISTOGRAM ON `a` WITH 100 BUCKETS */",
        "USE `alfresco`",
        "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `alfresco` /*!40100 DEFAULT "
        "CHARACTER SET utf8mb4 */ /*!80016 DEFAULT ENCRYPTION='N' */",
        "CREATE TABLE `t` (`a` int /*!80023 INVISIBLE */, `b` blob /*!100301 COMPRESSED*/, `c` int "
        "DEFAULT (uuid()), CHECK (`a` > 1) /*!80016 NOT ENFORCED */) ENGINE=InnoDB /*!50100 "
        "TABLESPACE `x` */ /*!80016 SECONDARY_ENGINE=x */ COMMENT='UNION=(a.b) */'\n/*!50100 "
        "PARTITION "
        "BY RANGE (`a`) (PARTITION p0 VALUES LESS THAN (10)) */",
        "CREATE TABLE `m` (`a` int) ENGINE=MRG_MyISAM UNION=(`m1`,`alfresco`.`m2`)",
        "INSERT INTO `t` (`a`, `b`) VALUES (-1.5e+10,_binary 'x'),(0x00FF,X'00'),(b'1',NULL)",
        "INSERT  DELAYED IGNORE INTO `t` VALUES (DEFAULT,'')",
        "REPLACE INTO `t` VALUES (1)",
        "/*!50001 CREATE VIEW `v` AS SELECT \n 1 AS `a`*/",
        "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a`@`%` SQL SECURITY DEFINER */\n"
        "/*!50001 VIEW `v` AS select '*/' AS `x` from `prod`.`t` */\n/*!50002 WITH CASCADED CHECK "
        "OPTION */",
        "/*!50032 DROP TRIGGER IF EXISTS tr */",
        "DROP SEQUENCE IF EXISTS `s`",
        "CREATE SEQUENCE `s` start with 5 cache 10 cycle ENGINE=InnoDB",
        "DO SETVAL(`s`, -35, 0)",
        "SELECT SETVAL(`s`, 1, 0)",
        "SELECT SETVAL(`alfresco`.`s`, -35, 0)",
        "SET NAMES 'latin1' COLLATE 'latin1_swedish_ci'",
        "SET NAMES binary",
        "SET collation_connection = utf8mb4_0900_ai_ci",
        "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\nSET "
        "CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT",
        "SET @save_time_zone= @@TIME_ZONE; SET TIME_ZONE= @save_time_zone",
        "ALTER TABLE `t` ADD KEY `k` (`a`,`b`), ADD CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES "
        "`u` (`a`)",
        "CREATE TABLE `t` (`a` int GENERATED ALWAYS AS (`b` + 1) STORED, `c` int AS (cast(`a` as "
        "char) like 'x') VIRTUAL, FULLTEXT KEY `f` (`b`) /*!50100 WITH PARSER `ngram` */, CHECK "
        "(`a` like 'x%')) ENGINE=InnoDB AVG_ROW_LENGTH=5 WITH SYSTEM VERSIONING\n PARTITION BY "
        "LIST (`a`) (PARTITION `p` VALUES IN (1,2), PARTITION `q` VALUES LESS THAN MAXVALUE)",
        "SET NAMES gbk; INSERT INTO `t` VALUES ('\xbf\xbf')"}) {
    const std::string dump = absl::StrCat(statement, ";\n");
    for (size_t cut = 0; cut < dump.size(); ++cut) {
      EXPECT_EQ(Guard(dump, cut), absl::OkStatus()) << dump << " at " << cut;
    }
  }
}

TEST(MysqlGuardTest, RefusesADumpThatEndsInTheMiddle) {
  for (const char* dump : {"INSERT INTO t VALUES ('", "/* ", "/*!40000 SELECT 1"}) {
    EXPECT_TRUE(absl::IsDataLoss(Guard(dump))) << dump;
  }
}

}  // namespace
}  // namespace ingot::tools
