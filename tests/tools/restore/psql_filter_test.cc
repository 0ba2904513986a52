#include "tools/restore/psql_filter.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/testing.h"

namespace ingot::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Filtered {
  absl::Status status;
  std::string out;
  std::set<std::string> roles;
};

Filtered Filter(const std::string& dump, bool no_owner = false, size_t cut = std::string::npos) {
  PsqlFilter filter({"alfresco", no_owner});
  Filtered result;
  const absl::Span<const char> bytes(dump);
  const size_t first = std::min(cut, dump.size());
  result.status = filter.Feed(bytes.subspan(0, first), &result.out);
  if (result.status.ok()) result.status = filter.Feed(bytes.subspan(first), &result.out);
  if (result.status.ok()) result.status = filter.Finish(&result.out);
  result.roles = filter.roles();
  return result;
}

std::string Passed(const std::string& dump) {
  const Filtered result = Filter(dump);
  EXPECT_OK(result.status);
  return result.out;
}

constexpr char kDump[] =
    "--\n-- a comment with \\! and ' and ;\n--\n\n"
    "\\restrict abc123\n\n"
    "SET standard_conforming_strings = on;\n"
    "/* outer /* inner \\! */ ' */\n"
    "CREATE SCHEMA public;\n"
    "CREATE SCHEMA \"Odd\" AUTHORIZATION x;\n"
    "CREATE TABLE t (a text DEFAULT 'C:\\'::text, \"q\\\" text DEFAULT E'it\\'s; \\\\');\n"
    "CREATE FUNCTION f() RETURNS int AS $_$ '\\! $a$ $1; $_$ LANGUAGE sql;\n"
    "CREATE OR REPLACE FUNCTION g(i int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN 1 = $1 THEN 2 "
    "END; SELECT 3; END;\n"
    "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);\n"
    "COPY public.t (a, \"q\") FROM stdin;\n"
    "\\! data\t\\N\n\\.x\n\\connect\n'\"$$;\n\\.\n"
    "BEGIN;\nSELECT pg_catalog.lo_create('1');\nCOMMIT;\n"
    "\\connect alfresco\n\\connect -reuse-previous=on \"dbname='alfresco'\"\n"
    "ALTER TABLE t OWNER TO \"Owner \"\"X\"\"\";\n"
    "GRANT ALL ON TABLE t TO reader, PUBLIC, \"W\" WITH GRANT OPTION GRANTED BY boss;\n"
    "REVOKE ALL ON t FROM old CASCADE;\n"
    "ALTER DEFAULT PRIVILEGES FOR ROLE maker IN SCHEMA s GRANT SELECT ON TABLES TO taker;\n"
    "SET SESSION AUTHORIZATION 'somebody';\n"
    "ALTER TABLE t RENAME TO u;\n"
    "\\unrestrict abc123\n"
    "-- the end without a line feed";

TEST(PsqlFilterTest, RefusesWhatEndsTheTransaction) {
  for (const char* statement :
       {"END", "ROLLBACK", "ABORT", "COMMIT WORK", "COMMIT AND CHAIN", "COMMIT PREPARED 'x'",
        "START TRANSACTION", "BEGIN ISOLATION LEVEL SERIALIZABLE", "SAVEPOINT s", "RELEASE s",
        "ROLLBACK TO s", "PREPARE TRANSACTION 'x'", "/* x */ end",
        "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'; END",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS case; END; END",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS case; SELECT 2; COMMIT; END; "
        "END"}) {
    const absl::Status status =
        Filter(absl::StrCat("SET xmloption = content;\n", statement, ";\n")).status;
    EXPECT_TRUE(absl::IsDataLoss(status)) << statement << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("line 2 ")) << statement;
  }
  constexpr char kBody[] =
      "CREATE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;\n"
      "CREATE TABLE \"end\" (a int DEFAULT CASE WHEN true THEN 1 END);\n";
  EXPECT_EQ(Passed(kBody), kBody);
}

TEST(PsqlFilterTest, RefusesStringsThatDoNotConform) {
  for (const char* statement :
       {"SET standard_conforming_strings = off",
        "set Standard_Conforming_Strings to 'off'",
        "SET SESSION standard_conforming_strings = off",
        "SET LOCAL standard_conforming_strings=0",
        "SET \"standard_conforming_strings\" = off",
        "RESET standard_conforming_strings",
        "SELECT set_config('standard_conforming_strings', 'off', false)",
        "WITH x AS (SELECT set_config('standard_conforming_strings', 'off', false)) TABLE x",
        "VALUES (pg_catalog.SET_CONFIG('standard_conforming_strings', 'off', false))",
        "INSERT INTO t SELECT set_config('standard_conforming_strings', 'off', false)",
        "DELETE FROM t WHERE set_config('standard_conforming_strings', 'off', false) = ''",
        "SELECT pg_catalog.set_config('standard_conforming' || '_strings', 'off', false)",
        "SELECT pg_catalog.set_config('search_path', '', false), "
        "set_config('standard_conforming_strings', 'off', false)",
        "SELECT pg_catalog.set_config('search_path', '', set_config('a', 'b', false) = '')",
        "CREATE TABLE t AS SELECT set_config('standard_conforming_strings', 'off', false)",
        "CREATE TABLE t (a text DEFAULT set_config('standard_conforming_strings', 'off', false))",
        "CREATE MATERIALIZED VIEW v AS SELECT set_config('a', 'b', false) WITH NO DATA",
        "CREATE RULE r AS ON INSERT TO t DO SELECT set_config('a', 'b', false)",
        "ALTER TABLE t ADD COLUMN a text DEFAULT set_config('a', 'b', false)",
        "WITH x AS (SELECT \"set_config\"('a', 'b', false)) TABLE x",
        "CREATE DOMAIN d AS text DEFAULT pg_catalog.\"set_config\"('a', 'b', false)",
        "CREATE INDEX i ON t (pg_catalog.set_config('a', 'b', false))"}) {
    const absl::Status status =
        Filter(absl::StrCat("SET xmloption = content;\n", statement, ";\n")).status;
    EXPECT_TRUE(absl::IsDataLoss(status)) << statement << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("standard_conforming_strings=on"));
  }
  constexpr char kHead[] =
      "SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', "
      "false);\nSET default_tablespace = '';\nINSERT INTO t VALUES ('set_config');\n"
      "CREATE VIEW v AS SELECT set_config('a.b', 'c', true);\n";
  EXPECT_EQ(Passed(kHead), kHead);
}

TEST(PsqlFilterTest, RefusesWhatPgDumpNeverWrites) {
  for (const char* statement : {"DO $$ BEGIN PERFORM 1; END $$",
                                "UPDATE pg_settings SET setting = 'off'",
                                "ALTER TABLE t ALTER a TYPE int USING f(a)",
                                "ALTER TABLE t ALTER a TYPE exclude USING f(a)",
                                "ALTER TABLE ONLY s.t ALTER a TYPE replica.identity USING index(a)",
                                "ALTER FOREIGN TABLE t ALTER a TYPE int USING f(a)",
                                "CREATE SCHEMA x CREATE TABLE t AS SELECT 1",
                                "CREATE SCHEMA x GRANT SELECT ON t TO y",
                                "ALTER ROLE x IN DATABASE other SET a = b",
                                "ALTER ROLE x SET a = b",
                                "SELECT pg_catalog.setval('s\\', f(), true); --', 1, true)",
                                "ALTER FUNCTION pg_catalog.set_config(text) RENAME TO x",
                                "ALTER FUNCTION set_config(text) RENAME TO x",
                                "DELETE FROM t",
                                "TRUNCATE t",
                                "CALL p()",
                                "WITH x AS (SELECT 1) TABLE x",
                                "VALUES (1)",
                                "TABLE t",
                                "EXECUTE s",
                                "DISCARD ALL",
                                "LISTEN x",
                                "LOAD 'x'",
                                "VACUUM",
                                "RESET ALL",
                                "EXPLAIN ANALYZE SELECT 1",
                                "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
                                "DECLARE c CURSOR FOR SELECT 1",
                                "LOCK TABLE t",
                                "SET role = x",
                                "SET LOCAL work_mem = 1",
                                "SET ROLE x",
                                "SET session_preload_libraries = 'x'",
                                "SELECT 1",
                                "SELECT f()",
                                "SELECT pg_catalog.setval('s', f(), true)",
                                "SELECT pg_catalog.setval('s', 1, true), f()",
                                "SELECT pg_catalog.setval('s', 1, true) FROM f()",
                                "SELECT pg_catalog.lowrite(0, f())",
                                "SELECT pg_catalog.lo_create('1') /* x */ + f()",
                                "SELECT pg_catalog.lo_export(1, 'x')",
                                "SELECT pg_catalog.lo_import('x')",
                                "SELECT * FROM pg_catalog.pg_restore_relation_stats('a', f())",
                                "INSERT INTO t SELECT 1",
                                "INSERT INTO t VALUES (f())",
                                "INSERT INTO t VALUES (\"f\"())",
                                "INSERT INTO t VALUES ((SELECT 1))",
                                "INSERT INTO t (a) TABLE u",
                                "INSERT INTO t VALUES (1) RETURNING f()",
                                "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = f()",
                                "INSERT INTO t DEFAULT VALUES RETURNING 1",
                                "CREATE TABLE t AS VALUES (1)",
                                "CREATE TABLE t AS TABLE u",
                                "CREATE TABLE t AS EXECUTE s",
                                "CREATE TEMP TABLE t (a int)",
                                "CREATE MATERIALIZED VIEW v AS SELECT f()",
                                "CREATE MATERIALIZED VIEW v AS SELECT f() WITH DATA",
                                "CREATE ROLE x",
                                "CREATE USER x",
                                "ALTER USER x SUPERUSER",
                                "CREATE TABLESPACE x",
                                "ALTER SYSTEM SET a = b",
                                "DROP OWNED BY x",
                                "CREATE DATABASE other",
                                "DROP DATABASE other",
                                "ALTER DATABASE other SET a = b",
                                "COMMENT ON DATABASE other IS 'x'",
                                "COMMENT ON ROLE x IS 'x'",
                                "GRANT a TO b",
                                "GRANT SET ON PARAMETER x TO y",
                                "REVOKE a FROM b",
                                "CREATE VIEW U&\"x\" AS SELECT 1",
                                "REFRESH PUBLICATION x"}) {
    const std::string dump = absl::StrCat("SET xmloption = content;\n", statement, ";\n");
    for (size_t cut = 24; cut < dump.size(); ++cut) {
      const absl::Status status = Filter(dump, false, cut).status;
      EXPECT_TRUE(absl::IsDataLoss(status)) << statement << ": " << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr("line 2 ")) << statement;
    }
  }
  // Where a second byte may be a backslash.
  for (const char* encoding :
       {"= 'SJIS'", "TO big5", "= 'WIN949'", "= 'SJIS' /* client_encoding = utf8 */",
        "= 'SJIS' -- client_encoding = utf8\n"}) {
    EXPECT_TRUE(absl::IsDataLoss(Filter(absl::StrCat("SET client_encoding ", encoding,
                                                     ";\nCOMMENT ON TABLE t IS E'\x83\\';';\n"))
                                     .status))
        << encoding;
  }
  constexpr char kUtf8[] =
      "SET client_encoding = 'UTF8';\nCOMMENT ON TABLE t IS E'\xc3\xa9\\';';\n";
  EXPECT_EQ(Passed(kUtf8), kUtf8);
}

TEST(PsqlFilterTest, TheDatabaseItselfIsThere) {
  EXPECT_EQ(Passed("DROP DATABASE IF EXISTS alfresco;\nCREATE DATABASE alfresco WITH TEMPLATE = "
                   "template0;\nALTER DATABASE \"alfresco\" OWNER TO nobody;\nALTER ROLE joe IN "
                   "DATABASE alfresco SET a TO 'b';\nCOMMENT ON DATABASE "
                   "alfresco IS 'x';\n\\connect alfresco\n"),
            "\n\n\n\n\n\n");
}

TEST(PsqlFilterTest, LetsWhatPgDumpWritesThrough) {
  constexpr char kWritten[] =
      "--\n-- a comment\n--\n\nSELECT pg_catalog.set_config('search_path', '', false);\n"
      "SELECT pg_catalog.setval('\"Odd '' Schema\".s', -5, false);\n"
      "SELECT pg_catalog.lowrite(0, '\\x00');\nSELECT pg_catalog.lo_unlink(oid) FROM "
      "pg_catalog.pg_largeobject_metadata WHERE oid = '4711';\n"
      "SELECT CASE WHEN EXISTS(SELECT 1 FROM pg_catalog.pg_largeobject_metadata WHERE oid = '1') "
      "THEN pg_catalog.lo_unlink('1') END;\n"
      "SELECT * FROM pg_catalog.pg_restore_relation_stats(\n\t'version', '180000'::integer,\n\t"
      "'relpages', '-1'::integer,\n\t'reltuples', '1'::real\n);\n"
      "SET default_with_oids = false;\nSET search_path = public, pg_catalog;\n"
      "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (-1.5, NULL, B'1', DEFAULT) ON CONFLICT DO "
      "NOTHING;\nINSERT INTO t DEFAULT VALUES;\nCREATE TABLE t (execute integer, \"values\" int);\n"
      "CREATE MATERIALIZED VIEW v AS\n SELECT f() AS f\n  WITH NO DATA;\nREFRESH MATERIALIZED VIEW "
      "v;\nCREATE FUNCTION f() RETURNS text RETURN set_config('a', 'b', true);\n"
      "SELECT pg_catalog.setval(E'a\\\\b\\'c.s', 5, true);\n"
      "ALTER FUNCTION public.set_config(a text) OWNER TO joe;\nCOMMENT ON FUNCTION "
      "public.set_config(a text) IS 'x';\nGRANT ALL ON FUNCTION public.set_config(a text) TO joe;\n"
      "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT x EXCLUDE USING gist (a WITH &&);\n"
      "ALTER TABLE ONLY public.t REPLICA IDENTITY USING INDEX i;\n"
      "CREATE SCHEMA s AUTHORIZATION joe;\n"
      "COPY \"Odd \"\" Schema\".\"T\" (a, \"b, c\", \xc3\xa9) FROM stdin;\n1\n\\.\n"
      "COPY t WITH OIDS FROM stdin;\n\\.\nCOPY t  FROM stdin;\n\\.\n";
  EXPECT_EQ(Passed(kWritten), kWritten);
}

TEST(PsqlFilterTest, LetsADumpThroughButForAFewLines) {
  std::string expected = kDump;
  for (const char* line :
       {"\\restrict abc123", "\\unrestrict abc123", "BEGIN;", "COMMIT;", "\\connect alfresco",
        "\\connect -reuse-previous=on \"dbname='alfresco'\""}) {
    expected = absl::StrReplaceAll(expected, {{absl::StrCat("\n", line, "\n"), "\n\n"}});
  }
  expected = absl::StrReplaceAll(expected,
                                 {{"CREATE SCHEMA public", "CREATE SCHEMA IF NOT EXISTS public"}});
  EXPECT_EQ(Passed(kDump), expected);
}

TEST(PsqlFilterTest, WhereverTheDumpIsCut) {
  const Filtered whole = Filter(kDump);
  for (size_t cut = 0; cut < sizeof(kDump); ++cut) {
    const Filtered result = Filter(kDump, false, cut);
    EXPECT_OK(result.status);
    EXPECT_EQ(result.out, whole.out) << cut;
    EXPECT_EQ(result.roles, whole.roles) << cut;
  }
}

TEST(PsqlFilterTest, NamesRoles) {
  EXPECT_THAT(Filter(kDump).roles,
              ElementsAre("Owner \"X\"", "W", "boss", "maker", "old", "reader", "taker"));
}

TEST(PsqlFilterTest, LeavesOwnersOut) {
  const Filtered result = Filter(kDump, /*no_owner=*/true);
  ASSERT_OK(result.status);
  EXPECT_THAT(result.roles, IsEmpty());
  for (const char* word : {"OWNER TO", "GRANT ALL", "REVOKE", "PRIVILEGES", "SESSION AUTH"}) {
    EXPECT_FALSE(absl::StrContains(result.out, word)) << word;
  }
  EXPECT_THAT(result.out, HasSubstr("RENAME TO u;"));
  const std::string all = kDump;  // psql's line numbers stay right
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'),
            std::count(all.begin(), all.end(), '\n'));
}

TEST(PsqlFilterTest, RefusesWhatWouldRunSomething) {
  const std::string dumps[] = {
      "\\! sh\n",
      "  \\! sh\n",
      "\\! sh",
      "\\copy t from program 'sh'\n",
      "\\connect other\n",
      "\\connect alfresco postgres evil.example\n",
      "\\connect \"host=evil.example dbname=alfresco\"\n",
      "\\.\\! sh\n",
      "SELECT 1 \\! sh\n",
      "SET xmloption = content; \\! sh\n",
      "/* */ SELECT \\gexec\n",
      "SELECT 'a''' \\! sh\n",
      "SELECT \"a\"\"\" \\! sh\n",
      "SELECT $a$ $b$ $a$ \\! sh\n",
      "SELECT $1$ \\! sh $1$;\n",
      "SELECT a$b$ \\! sh $b$;\n",
      "-- c\r\\! sh\n",
      "/*/ */ \\! sh\n",
      "/* /* */ */ \\! sh /* */\n",
      "SELECT e'\\'' \\! sh\n",
      "SELECT 1e'\\'; \\! sh ';\n",
      "ALTER TABLE 1c$a$; \\! sh $a$;\n",
      "SELECT E'a'\n'b\\'; \\! sh ';\n",
      "SELECT E'a' -- c\n'b\\'; \\! sh ';\n",
      "COPY t FROM stdin;\n1\n\\.\n\\! sh\n",
      "COPY t FROM stdin;\n1\n\\.\r\n\\! sh\n",
      "COPY t FROM stdin; \\! sh\n1\n\\.\n",
      "copy t from program 'sh';\n",
      "COPY t FROM '/etc/passwd';\n",
      "COPY t TO PROGRAM 'cat > from stdin';\n",
      "COPY t FROM PROGRAM 'sh' WHERE a IS DISTINCT from stdin;\n\\! sh\n\\.\n",
      "COPY t FROM PROGRAM 'sh' WHERE a IS DISTINCT FROM stdin;\n\\! sh\n\\.\n",
      "COPY t (a) FROM PROGRAM 'sh' WHERE a IS DISTINCT FROM stdin;\n\\! sh\n\\.\n",
      "COPY (SELECT f()) TO PROGRAM 'sh' -- FROM stdin;\n;\n",
      "COPY t FROM PROGRAM $$sh$$ --\n FROM stdin;\n\\! sh\n\\.\n",
      "COPY t FROM PROGRAM 'sh' WITH (DELIMITER ' ') -- from stdin;\n;\n",
      "/* COPY */ COPY t FROM stdin WITH (FORMAT csv);\n1\n",
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; COPY t FROM stdin;\n\\! sh\n",
      std::string("SELECT 'a\0'; \\! sh\n", 19),
      // No COPY to the server: its rows would be psql's commands.
      "1 COPY t FROM stdin;\n\\! sh\n\\.\n",
      "1x\nCOPY t FROM stdin;\n\\! sh\n\\.\n",
      "'' COPY t FROM stdin;\n\\! sh\n\\.\n",
      "\"x\" COPY t FROM stdin;\n\\! sh\n\\.\n",
      "$$$$ COPY t FROM stdin;\n\\! sh\n\\.\n",
      "- COPY t FROM stdin;\n\\! sh\n\\.\n",
      "/ COPY t FROM stdin;\n\\! sh\n\\.\n",
      "() COPY t FROM stdin;\n\\! sh\n\\.\n",
  };
  for (const std::string& dump : dumps) {
    for (size_t cut = 0; cut <= dump.size(); ++cut) {
      EXPECT_TRUE(absl::IsDataLoss(Filter(dump, false, cut).status)) << dump << " at " << cut;
    }
  }
}

TEST(PsqlFilterTest, SaysWhichLine) {
  const absl::Status status =
      Filter("SET xmloption = content;\nCOPY t FROM stdin;\n1\n2\n\\.\n-- c\n\\! sh\n").status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("line 7 of the dump"));
}

TEST(PsqlFilterTest, ADumpThatEndsInTheMiddleIsNone) {
  for (const char* dump : {"SELECT 1", "SELECT 'a;", "SELECT E'a", "SELECT $a$;", "/* ;",
                           "COPY t FROM stdin;\n1\n", "COPY t FROM stdin;", "SELECT \"a;"}) {
    EXPECT_TRUE(absl::IsDataLoss(Filter(dump).status)) << dump;
  }
}

TEST(PsqlFilterTest, LongStatementsNeedNoMemory) {
  const std::string value(3 << 20, 'x');
  const std::string dump =
      absl::StrCat("INSERT INTO t VALUES ('", value, "');\nSET xmloption = content;\n");
  EXPECT_EQ(Passed(dump), dump);
  EXPECT_TRUE(absl::IsDataLoss(Filter(absl::StrCat("COPY ", value, " FROM stdin;\n")).status));
}

}  // namespace
}  // namespace ingot::tools
