#include "core/join/dump_reader.h"

#include "absl/strings/match.h"
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

}  // namespace
}  // namespace ingot
