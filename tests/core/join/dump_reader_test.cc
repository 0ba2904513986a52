#include "core/join/dump_reader.h"

#include <random>
#include <utility>

#include "tests/core/join/dump_rows.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<WantedTable> Wanted() { return {{"urls", {"id", "url"}}, {"sizes", {"size", "id"}}}; }

// Reads it whole and in every cut.
ReadDump Read(std::optional<DumpDialect> dialect, absl::string_view dump) {
  EXPECT_EQ(DifferenceByCuts(dialect, Wanted(), dump), "");
  return ReadRows(dialect, Wanted(), dump);
}

TEST(DumpReaderTest, Copy) {
  const ReadDump read = Read(DumpDialect::kPostgresql, R"(--
-- PostgreSQL database dump; it's "COPY urls FROM stdin;
--

SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
COMMENT ON TABLE public.x IS 'COPY public.urls (id, url) FROM stdin;
1	one
\.
';
CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $_$
COPY public.urls (id, url) FROM stdin;
2	$ $x$ two
\.
$_$;
CREATE TABLE public.urls (id bigint, x int, url text);
COPY public.other (a, b) FROM stdin;
INSERT INTO public.urls VALUES (3);
\\.	\N
\.


COPY public.urls (url, "X", id) FROM stdin;
store://a	1	10
\N	\\.	11
	2	12
\\.	2	13
tab\tnew\nline\\n\r\b\f\v\101\x41\x	\N	14
COPY urls (url, id) FROM stdin;		15
\.

COPY public."SIZES" (id, size) FROM stdin;
20	100
\.
)");
  EXPECT_OK(read.status);
  EXPECT_THAT(read.rows, ElementsAre("0|10|store://a", "0|11|~", "0|12|", "0|13|\\\\.",
                                     R"(0|14|tab\tnew\nline\\n\r\010\014\013AAx)",
                                     "0|15|COPY urls (url, id) FROM stdin;", "1|100|20"));
}

TEST(DumpReaderTest, ExtendedInserts) {
  const ReadDump read = Read(DumpDialect::kMysql, R"(/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19; it's one
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
CREATE TABLE `urls` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT COMMENT 'it''s, (a',
  `content``s` decimal(10,2) DEFAULT '0.00',
  `url` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `k` (`url`),
  KEY `l` (`content``s`)
) ENGINE=InnoDB /*!50100 PARTITION BY HASH (`id`) */;
LOCK TABLES `urls` WRITE;
/*!40000 ALTER TABLE `urls` DISABLE KEYS */;
INSERT INTO `urls` VALUES
(1,-1.50,'a\'b\\'),
(2,NULL,'it''s; (x), \0\n\r\Z\t\b\"\%\_\q'),(3,0x00FF,NULL),(-4,1e-10,'INSERT INTO `urls` VALUES (9,9,9);');
INSERT INTO `other` VALUES ('x\\'),('INSERT INTO `urls` VALUES (1,2,3); -- /* "');
INSERT  IGNORE INTO `urls` (`url`, `id`) VALUES (0x61FF,5),(_binary 'b\0',6),(x'63',7);
REPLACE INTO `urls` VALUES (8,0,'eight');
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`l`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW
BEGIN INSERT INTO urls VALUES (1,2,'no'); INSERT INTO urls VALUES (1,2,'no'); END */;;
DELIMITER ;
INSERT INTO urls VALUES (10,0,'ten');
-- Dump completed on 2026-11-23 20:35:00
)");
  EXPECT_OK(read.status);
  EXPECT_THAT(read.rows,
              ElementsAre(R"(0|1|a\'b\\)", R"(0|2|it\'s; (x), \000\n\r\032\t\010\"\\%\\_q)",
                          "0|3|~", "0|-4|INSERT INTO `urls` VALUES (9,9,9);", R"(0|5|a\377)",
                          R"(0|6|b\000)", "0|7|c", "0|8|eight", "0|10|ten"));
}

TEST(DumpReaderTest, PostgresqlInserts) {
  const ReadDump read = Read(DumpDialect::kPostgresql, R"(-- PostgreSQL database dump
/* a comment /* in a comment */ INSERT INTO urls VALUES (0,0,'no'); */
CREATE TABLE public.urls (
    id bigint DEFAULT nextval('s'::regclass) NOT NULL,
    "no, (wonder" numeric(10,2),
    url text,
    CONSTRAINT c CHECK ((id > 0))
);
INSERT INTO public.urls VALUES (1, 0.5, 'it''s \n'), (2, NULL, NULL);
INSERT INTO public.urls (url, id) OVERRIDING SYSTEM VALUE VALUES (E'\'\\n\n\t\x41\101\u00e9\q''', -3) ON CONFLICT DO NOTHING;
insert into "public"."urls" (ID, URL) values (4, $a$it's $ $$ \n$a$);
INSERT INTO other VALUES (E'\'); INSERT INTO urls VALUES (9, 9, ''no'');');
INSERT INTO other VALUES ('\'); INSERT INTO public.urls VALUES (5, 5, 'five\');
SET standard_conforming_strings = off;
INSERT INTO other VALUES ('\'); INSERT INTO urls VALUES (9, 9, ''no'');');
INSERT INTO public.urls VALUES (6, 6, '\\six\''''), (7, 7, '');
COPY sizes (size, id) FROM '/a/file';
SELECT 'COPY sizes', 1;
INSERT INTO public.sizes (size, junk, id) VALUES (8, (1 + (2, 3)), 9);
)");
  EXPECT_OK(read.status);
  EXPECT_THAT(read.rows, ElementsAre(R"(0|1|it\'s \\n)", "0|2|~", R"(0|-3|\'\\n\n\tAA\303\251q\')",
                                     R"(0|4|it\'s $ $$ \\n)", R"(0|5|five\\)", R"(0|6|\\six\'\')",
                                     "0|7|", "1|8|9"));
}

TEST(DumpReaderTest, Sqlite) {
  const ReadDump read = Read(DumpDialect::kSqlite, R"d(PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS 'urls'([id] INTEGER PRIMARY KEY, -- the key; it's
  `x` GENERATED ALWAYS AS (1), key BLOB CHECK (key AS x), "url" TEXT);
INSERT INTO urls VALUES(1,X'00',replace(replace('it''s\n\r;(\n0)','\n',char(10)),'\r',char(13)));
INSERT INTO urls VALUES(2,(1.0/3.0),unistr('a\u000a\\b\+01f600'));
INSERT INTO "urls"(rowid,"url",id) VALUES(7,X'41ff',3);
CREATE TRIGGER t AFTER INSERT ON x BEGIN INSERT INTO urls VALUES(9,9,'no'); SELECT CASE 1 WHEN 1 THEN 2 END;
INSERT INTO urls VALUES(9,9,'no'); END;
INSERT INTO [SIZES] (size,id) VALUES(-5,1e999);
COMMIT;
)d");
  EXPECT_OK(read.status);
  EXPECT_THAT(read.rows, ElementsAre(R"d(0|1|it\'s\n\r;(\n0))d", R"(0|2|a\n\\b\360\237\230\200)",
                                     R"(0|3|A\377)", "1|-5|1e999"));
}

TEST(DumpReaderTest, ModesOfMysql) {
  const ReadDump read = Read(DumpDialect::kMysql, R"d(SET @saved_sql_mode = @@sql_mode ;
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' ;
INSERT INTO "other" VALUES ('\', "\");
SET sql_mode = @saved_sql_mode ;
INSERT INTO other VALUES ("\"); INSERT INTO urls (id, url) VALUES (9, 9);", '\'', 1--1, 1-- '
);
DELIMITER $$
SELECT 1; INSERT INTO urls (id, url) VALUES (9, 9);$$
DELIMITER //
SELECT 1/2; INSERT INTO urls (id, url) VALUES (9, 9)//
DELIMITER ;
INSERT INTO urls (id, url) VALUES (1, "a\"b'"); # it's
)d");
  EXPECT_OK(read.status);
  EXPECT_THAT(read.rows, ElementsAre(R"(0|1|a\"b\')"));
}

// An operator, and then strings: of dollars, with escapes.
TEST(DumpReaderTest, AtSignsOfPostgresql) {
  const ReadDump read = Read(DumpDialect::kPostgresql, R"d(SET x = a@$$ ' $$;
SELECT a @@$q$ ; ' $q$;
SET x = @e'\' ; ';
INSERT INTO public.urls (id, url) VALUES (1, 'one');
)d");
  EXPECT_THAT(read.rows, ElementsAre("0|1|one"));
}

// To PostgreSQL a carriage return ends a comment, to MySQL and SQLite it does not.
TEST(DumpReaderTest, CarriageReturnsBehindComments) {
  const std::string statement =
      "-- c\rINSERT INTO urls (id, url) VALUES (1, 'one');\n"
      "INSERT INTO urls (id, url) VALUES (2, 'two');\n";
  EXPECT_THAT(Read(DumpDialect::kPostgresql, statement).rows, ElementsAre("0|1|one", "0|2|two"));
  EXPECT_THAT(Read(DumpDialect::kMysql, statement).rows, ElementsAre("0|2|two"));
  EXPECT_THAT(Read(DumpDialect::kSqlite, statement).rows, ElementsAre("0|2|two"));
}

// Three dashes are a minus and a comment, if a blank follows.
TEST(DumpReaderTest, DashesOfMysql) {
  const ReadDump read = Read(DumpDialect::kMysql, R"d(SELECT 1---	'
;
SELECT 1----	`
;
SELECT 1---2, '--- ;';
INSERT INTO urls (id, url) VALUES (1,'one');
)d");
  ASSERT_OK(read.status);
  EXPECT_THAT(read.rows, ElementsAre("0|1|one"));
}

TEST(DumpReaderTest, TellsTheDialect) {
  const auto rows = [](const std::string& dump) { return Read(std::nullopt, dump).rows; };
  EXPECT_THAT(rows("\xef\xbb\xbf--\n-- PostgreSQL database dump\n--\n\n\\restrict it's\n"
                   "COPY urls (id, url) FROM stdin;\r\n1\ta\\\\b\r\n\\.\r\n\\unrestrict it's"),
              ElementsAre(R"(0|1|a\\b)"));
  EXPECT_THAT(rows("-- MariaDB dump\nINSERT INTO urls (id, url) VALUES (1,'\\'');"),
              ElementsAre(R"(0|1|\')"));
  EXPECT_THAT(rows("PRAGMA foreign_keys=OFF;\nINSERT INTO urls (id, url) VALUES (1,'\\');"),
              ElementsAre(R"(0|1|\\)"));
  EXPECT_THAT(std::string(Read(std::nullopt, "Hello").status.message()), HasSubstr("none of"));
  EXPECT_THAT(std::string(Read(std::nullopt, "").status.message()), HasSubstr("none of"));
  EXPECT_THAT(std::string(Read(DumpDialect::kPostgresql, "PGDMP\x01").status.message()),
              HasSubstr("own format"));
  EXPECT_EQ(DialectOfVendor("mariadb"), DumpDialect::kMysql);
  EXPECT_EQ(DialectOfVendor("command"), std::nullopt);
}

TEST(DumpReaderTest, SaysWhatItDoesNotUnderstand) {
  const auto problem = [](DumpDialect dialect, const std::string& dump) {
    const ReadDump read = Read(dialect, dump);
    EXPECT_EQ(read.status.code(), absl::StatusCode::kFailedPrecondition) << dump;
    return std::string(read.status.message());
  };
  const auto pg = [&](const std::string& dump) { return problem(DumpDialect::kPostgresql, dump); };
  EXPECT_THAT(pg("COPY urls (id) FROM stdin;\n"), HasSubstr("has no column url"));
  EXPECT_THAT(pg("COPY urls FROM stdin;\n"), HasSubstr("name no columns"));
  EXPECT_THAT(pg("COPY urls (id, url) FROM stdin WITH CSV;\n"), HasSubstr("COPY of urls"));
  EXPECT_THAT(pg("COPY urls (id, url) FROM stdin;\n1\n"), HasSubstr("too few"));
  EXPECT_THAT(pg("COPY urls (id, url) FROM stdin;\n1\t2\t3\n"), HasSubstr("too many"));
  EXPECT_THAT(pg("COPY urls (id, url) FROM stdin;\n\\.1\t2\n"), HasSubstr("in front of"));
  EXPECT_THAT(pg("COPY urls (id, url) FROM stdin;\n1\t2\n"), HasSubstr("in the middle"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, 'a"), HasSubstr("in the middle"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, 'a')"), HasSubstr("in the middle"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, 'a'"), HasSubstr("in the middle"));
  EXPECT_THAT(pg("SELECT $a$ it ends not $b$"), HasSubstr("in the middle"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1;"), HasSubstr("inside of a row"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1);"), HasSubstr("1 values for 2 columns"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1,2,3);"), HasSubstr("3 values for 2"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES 1;"), HasSubstr("do not begin"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, 'a' || 'b');"), HasSubstr("no number"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, lower('b'));"), HasSubstr("no number"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, );"), HasSubstr("no number"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, U&'a');"), HasSubstr("no number"));
  EXPECT_THAT(pg("INSERT INTO urls (id, url) VALUES (1, E'\\u12');"), HasSubstr("no number"));
  EXPECT_THAT(pg("INSERT INTO urls SELECT 1;"), HasSubstr("INSERT into urls"));
  EXPECT_THAT(pg("INSERT INTO urls DEFAULT VALUES;"), HasSubstr("INSERT into urls"));
  EXPECT_THAT(pg("CREATE TABLE urls (id int) PARTITION BY RANGE (id);"), HasSubstr("partitioned"));
  EXPECT_THAT(pg("CREATE TABLE a.urls (id int);\nCREATE TABLE b.urls (id int);"),
              HasSubstr("more than one"));
  EXPECT_THAT(pg("SET search_path = a, pg_catalog;\nCREATE TABLE urls (id int);\n"
                 "SET search_path = b;\nCREATE TABLE urls (id int);"),
              HasSubstr("more than one"));
  EXPECT_THAT(pg("\\connect one\nCREATE TABLE a.urls (id int);\n\\connect two\n"
                 "CREATE TABLE a.urls (id int);"),
              HasSubstr("more than one"));
  EXPECT_THAT(problem(DumpDialect::kMysql,
                      "USE `a`;\nCREATE TABLE urls (id int);\nUSE `b`;\n"
                      "CREATE TABLE urls (id int);"),
              HasSubstr("more than one"));
  EXPECT_THAT(problem(DumpDialect::kMysql, "DELIMITER end\n"), HasSubstr("DELIMITER"));
  EXPECT_THAT(problem(DumpDialect::kMysql, "INSERT INTO urls (id, url) VALUES (1, 0xabc);"),
              HasSubstr("no number"));
  EXPECT_THAT(problem(DumpDialect::kSqlite, "INSERT INTO urls (id, url) VALUES (1, (1.0*2.0));"),
              HasSubstr("no number"));
  // The place is the byte behind what was read.
  EXPECT_THAT(pg("SELECT 1;\nINSERT INTO urls (id, url) VALUES (1);"), HasSubstr("byte 47)"));
}

TEST(DumpReaderTest, TablesWithoutRows) {
  const ReadDump read = Read(DumpDialect::kPostgresql, "CREATE TABLE a.urls (id int);");
  EXPECT_OK(read.status);
  EXPECT_THAT(read.has_table, ElementsAre(true, false));
  EXPECT_THAT(Read(DumpDialect::kPostgresql, "CREATE INDEX sizes ON x (sizes);").has_table,
              ElementsAre(false, false));
}

// Large values of columns that are not wanted are skipped, of wanted ones refused: neither is kept.
TEST(DumpReaderTest, LargeValues) {
  const std::string large(8 << 20, 'a');
  const auto read = [&](DumpDialect dialect, const std::string& dump) {
    return ReadRows(dialect, Wanted(), dump, 0, 100'000);
  };
  const std::string columns = "INSERT INTO urls (id, junk, url) VALUES (1, ";
  for (const std::string& value : {"'" + large + "'", "0x" + large, "X'" + large + "'"}) {
    const ReadDump skipped = read(DumpDialect::kMysql, columns + value + ", 'b');");
    EXPECT_OK(skipped.status);
    EXPECT_THAT(skipped.rows, ElementsAre("0|1|b"));
    const ReadDump refused = read(DumpDialect::kMysql, columns + "2, " + value + ");");
    EXPECT_THAT(std::string(refused.status.message()), HasSubstr("longer"));
    EXPECT_THAT(refused.rows, IsEmpty());
  }
  const std::string copy = "COPY urls (junk, id, url) FROM stdin;\n";
  EXPECT_THAT(read(DumpDialect::kPostgresql, copy + large + "\t1\tb\n\\.\n").rows,
              ElementsAre("0|1|b"));
  const ReadDump refused = read(DumpDialect::kPostgresql, copy + "1\t2\t" + large + "\n\\.\n");
  EXPECT_THAT(std::string(refused.status.message()), HasSubstr("too long"));
}

// Whatever the bytes are: no crash, and where they are cut changes nothing.
TEST(DumpReaderTest, MutatedDumps) {
  static constexpr std::pair<DumpDialect, const char*> kDumps[] = {
      {DumpDialect::kPostgresql,
       "CREATE TABLE a.urls (id int, url text);\n\\connect x\nSET standard_conforming_strings = "
       "off;\nCREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END;\nINSERT INTO x VALUES ('\\'', $$'$$);"
       "/* /* */ */ -- c\nCOPY x.urls (url, id) FROM '/file';\n"},
      {DumpDialect::kPostgresql,
       "CREATE TABLE a.urls (id int, url text);\nINSERT INTO a.urls VALUES (1, E'\\'x'), "
       "(-2, $a$b$a$), (X'00', 'a''b') ON CONFLICT DO NOTHING;\nCOPY a.urls (url, id) "
       "FROM stdin;\na\\tb\t1\n\\N\t\\N\n\\101\\x4\t3\n\\.\n"},
      {DumpDialect::kMysql,
       "/*!50001 CREATE TABLE `urls` (`id` int, `url` text, KEY (id)) */;\nINSERT INTO `urls` "
       "VALUES\n(1,'a\\'b'),(-2,_binary '\\0'),(3,0x4142),(4,X'41'),(1e-5,NULL);\nDELIMITER ;;\n"
       "SELECT 1;;\nDELIMITER ;\nSET sql_mode='ANSI_QUOTES';\nREPLACE INTO sizes (size,id) VALUES "
       "(1,2); # c\n-- d\n/* e */ INSERT INTO x VALUES ('\\'','',\"\");\n"},
      {DumpDialect::kSqlite,
       "CREATE TABLE [urls](id, x AS (1), url);\nINSERT INTO urls VALUES(1,replace(replace('a\\n','"
       "\\n',char(10)),'b',''));\nINSERT INTO \"urls\" VALUES(-1.5,unistr('\\u0041'));\nCREATE "
       "TRIGGER t BEGIN SELECT 1; END;\nINSERT INTO x VALUES((1/2),'''');\n"}};
  static constexpr char kBytes[] = "'\"`\\;()$-/*#\n\t,.=aEx0[]";
  std::mt19937 random(1);
  for (const auto& [dialect, text] : kDumps) {
    EXPECT_OK(Read(dialect, text).status);
    for (int i = 0; i < 3000; ++i) {
      std::string dump = text;
      for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
        const size_t at = random() % dump.size();
        const char byte = kBytes[random() % (sizeof(kBytes) - 1)];
        if (random() % 3 == 0) {
          dump.erase(at, 1 + random() % 8);
        } else if (random() % 2 == 0) {
          dump.insert(at, 1, byte);
        } else {
          dump[at] = byte;
        }
      }
      const ReadDump whole = ReadRows(dialect, Wanted(), dump);
      for (const size_t piece : {1, 3, 16}) {
        const ReadDump pieces = ReadRows(dialect, Wanted(), dump, 0, piece);
        ASSERT_EQ(pieces.rows, whole.rows) << dump;
        ASSERT_EQ(pieces.status.message(), whole.status.message()) << dump;
      }
    }
  }
}

}  // namespace
}  // namespace ingot
