#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/servers.h"
#include "tests/tools/database/dumping.h"
#include "tests/tools/restore/every_object.h"
#include "tests/tools/restore/feeding.h"

namespace ingot::tools {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSource[] =
    "CREATE TABLE alf_content_url (id BIGINT PRIMARY KEY, content_url VARCHAR(255), content_size "
    "BIGINT);\n"
    "CREATE TABLE alf_content_data (id BIGINT PRIMARY KEY, content_url_id BIGINT REFERENCES "
    "alf_content_url (id));\n"
    "CREATE TABLE alf_content_url_encryption (id BIGINT PRIMARY KEY, content_url_id BIGINT);\n"
    "CREATE TABLE nasty (id SERIAL, t TEXT DEFAULT 'C:\\');\n"
    "INSERT INTO nasty (t) VALUES ('\\! touch x'), (E'a\\n\\\\.\\nb\\t\\\\'), ('''; \\q'), (NULL), "
    "('COPY t FROM PROGRAM');\n"
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;\n"
    "CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS $x$ BEGIN RETURN '\\!'; END $x$;\n"
    "COMMENT ON TABLE nasty IS 'a ''comment'' with \\! and ;';\n"
    "SELECT lo_from_bytea(4711, 'large');\n"
    "INSERT INTO alf_content_url VALUES (1, 'store://a', 10), (2, 'store://tab\tb\\', 20), (3, "
    "'store://orphan', 30);\n"
    "INSERT INTO alf_content_data VALUES (1, 1), (2, 2), (3, NULL), (4, 1);\n"
    "INSERT INTO alf_content_url_encryption VALUES (1, 2);\n";

class PostgresqlTargetTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = StartPostgresql(&why_not_).release(); }
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
  std::unique_ptr<DatabaseTarget> Target(bool no_owner = false) {
    auto target = DatabaseTarget::Open({Request(database_), no_owner, false});
    EXPECT_OK(target);
    return *std::move(target);
  }
  std::string Tables() {
    return server_->Query(database_,
                          "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                          "'public'::regnamespace ORDER BY 1");
  }
  std::string DumpOfSource(const std::string& schema = "") {
    if (!source_made_) {
      server_->CreateDatabase("source");
      WriteFile(scratch_ / "source.sql", kSource);
      server_->RunFile("source", scratch_ / "source.sql");
      source_made_ = true;
    }
    DumpRequest request = Request("source");
    request.schema = schema;
    EXPECT_OK(DumpTo(request, scratch_ / "dump.sql").status);
    return ReadFile(scratch_ / "dump.sql");
  }

  static DatabaseServer* server_;
  static std::string why_not_;
  static bool source_made_;
  IgnoreBrokenPipes pipes_;
  ScratchDirectory scratch_;
  std::string database_;
};
DatabaseServer* PostgresqlTargetTest::server_ = nullptr;
std::string PostgresqlTargetTest::why_not_;
bool PostgresqlTargetTest::source_made_ = false;

TEST_F(PostgresqlTargetTest, ARealDumpComesBackAsItWas) {
  const auto target = Target();
  EXPECT_EQ(target->Look()->tables, 0);
  ASSERT_OK(Restore(target.get(), DumpOfSource()));
  constexpr char kRows[] = "SELECT id, t FROM nasty ORDER BY id";
  EXPECT_EQ(server_->Query(database_, kRows), server_->Query("source", kRows));
  EXPECT_EQ(server_->Query(database_, "SELECT f(), g(), lo_get(4711)"),
            server_->Query("source", "SELECT f(), g(), lo_get(4711)"));
  EXPECT_EQ(target->Look()->tables, 5);  // and a sequence
  EXPECT_EQ(target->Look()->connections, 0);

  std::string urls;
  const auto rows = target->ReadContentRows([&urls](const ReferencedUrl& url) {
    absl::StrAppend(&urls, url.url, " ", url.size, url.encrypted ? " encrypted\n" : "\n");
    return absl::OkStatus();
  });
  ASSERT_OK(rows);
  EXPECT_TRUE(rows->has_tables);
  EXPECT_EQ(rows->url_rows, 3);
  EXPECT_EQ(rows->data_rows, 4);
  EXPECT_EQ(urls, "store://a 10\nstore://tab\tb\\ 20 encrypted\n");
}

// Dumped again it is the same; also dumped as users may with a command of their own.
TEST_F(PostgresqlTargetTest, EveryTypeOfObjectComesBack) {
  const std::string program = absl::StrCat("PGPASSWORD=$(cat ", scratch_ / "password",
                                           ") PGOPTIONS='-c client_min_messages=error' ");
  WriteFile(scratch_ / "password", DatabaseServer::password());
  const std::string login =
      absl::StrCat(" -h 127.0.0.1 -p ", server_->port(), " -U ", DatabaseServer::user(), " ");
  server_->CreateDatabase("every");
  WriteFile(scratch_ / "every.sql", kEveryPostgresqlObject);
  ShellResult made = Shell(program + "psql -X -q -v ON_ERROR_STOP=1" + login +
                           "-d every -o /dev/null < " + (scratch_ / "every.sql"));
  ASSERT_EQ(made.exit_code, 0) << made.error;
  const auto dump = [&](const std::string& options) {
    const ShellResult result = Shell(program + "pg_dump" + login + options + " every");
    EXPECT_EQ(result.exit_code, 0) << options << result.error;
    return result.output;
  };
  const auto without_keys = [](const std::string& text) {
    const std::string begin = text.substr(0, text.find("\\unrestrict"));
    const size_t key = begin.find("\\restrict");
    return key == std::string::npos ? begin : begin.substr(begin.find('\n', key));
  };
  // A subscription is its server's, and two databases of the same server cannot share its slot.
  const auto drop = [&] {
    server_->Query("every", "ALTER SUBSCRIPTION sub SET (slot_name = NONE)");
    server_->Query("every", "DROP SUBSCRIPTION sub");
    server_->Query("postgres", "DROP DATABASE every");
    server_->CreateDatabase("every");
  };
  const std::string all = without_keys(dump(""));
  const std::string dumps[] = {
      dump(""), dump("--inserts"), dump("--create"),
      dump("--disable-dollar-quoting --quote-all-identifiers"),
      dump("--column-inserts --on-conflict-do-nothing --rows-per-insert=2")};
  for (const char* options :
       {"--clean", "--clean --if-exists", "--clean --create --if-exists", "--no-owner --no-acl",
        "--use-set-session-authorization", "--section=pre-data", "--section=data",
        "--section=post-data", "--encoding=LATIN1", "--disable-triggers --data-only",
        "--load-via-partition-root", "--schema=public"}) {
    database_ = "every";
    EXPECT_EQ(Target()->Inspect(BytesOf(dump(options))), absl::OkStatus()) << options;
  }
  for (const std::string& text : dumps) {
    drop();
    ASSERT_OK(Restore(Target().get(), text));
    EXPECT_EQ(without_keys(dump("")), all);
  }
}

TEST_F(PostgresqlTargetTest, TheDumpOfASchemaThatCreatedbMakes) {
  const std::string dump = DumpOfSource("public");
  ASSERT_THAT(dump, HasSubstr("CREATE SCHEMA public;"));
  ASSERT_OK(Restore(Target().get(), dump));
  EXPECT_THAT(Tables(), HasSubstr("nasty"));
}

TEST_F(PostgresqlTargetTest, AFailureLeavesNothingBehindAndSaysSo) {
  const absl::Status status = Restore(Target().get(),
                                      "CREATE TABLE a (i int);\nCREATE TABLE b (i int);\nCREATE "
                                      "INDEX ON b ((1/0));\n");
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("division by zero"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("nothing was kept"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(":3:"));  // the dump's line
  EXPECT_EQ(Tables(), "");
}

TEST_F(PostgresqlTargetTest, ADumpThatCannotBeReadToItsEndIsNotCommitted) {
  const auto target = Target();
  const absl::Status status =
      target->Feed([](absl::FunctionRef<absl::Status(absl::Span<const char>)> sink) {
        const std::string begin = "CREATE TABLE a (i int);\n";
        EXPECT_OK(sink(begin));
        return absl::DataLossError("the container is damaged");
      });
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("nothing was kept"));
  EXPECT_EQ(Tables(), "");
}

TEST_F(PostgresqlTargetTest, HostileDumpsAreRefusedAndRunNothing) {
  const std::string mark = scratch_ / "mark";
  const std::string touch = absl::StrCat("\\! touch ", mark);
  const std::string dumps[] = {
      touch + "\n",
      absl::StrCat("SELECT 1 ", touch, "\n;\n"),
      absl::StrCat("CREATE TABLE t (i int);\nCOPY t FROM stdin;\n1\n\\.\n", touch, "\n"),
      absl::StrCat("CREATE TABLE t (i int);\nCOPY t FROM stdin; ", touch, "\n1\n\\.\n"),
      absl::StrCat("CREATE TABLE t (i text);\nCOPY t FROM PROGRAM 'touch ", mark, "';\n"),
      absl::StrCat("COPY (SELECT 1) TO '", mark, "';\n"),
      absl::StrCat("\\restrict key\n\\unrestrict key\n", touch, "\n"),
      "\\connect postgres\nCREATE TABLE t (i int);\n",
      absl::StrCat("\\o |touch ", mark, "\n"),
      absl::StrCat("SELECT E'a'\n'b\\', ' ", touch, " ' ;\n"),
      absl::StrCat("SELECT 'touch ", mark, "' \\g |sh\n"),
      absl::StrCat("SELECT pg_catalog.set_config('search_path', '', false), "
                   "set_config('standard_conforming_strings','off',false);\nINSERT INTO t VALUES "
                   "('a\\' , ' ",
                   touch, "\n');\n"),
      absl::StrCat("CREATE TABLE t AS SELECT "
                   "set_config('standard_conforming_strings','off',false);\nINSERT INTO t VALUES "
                   "('a\\' , ' ",
                   touch, "\n');\n"),
      absl::StrCat(
          "CREATE TABLE t (i int);\nALTER TABLE t ADD COLUMN a text DEFAULT "
          "\"set_config\"('standard_conforming_strings','off',false);\nCOMMENT ON TABLE t IS "
          "'a\\' , ' ",
          touch, "\n';\n"),
      absl::StrCat("DO $$ BEGIN PERFORM set_config('standard_conforming_strings','off',false); END "
                   "$$;\nCOMMENT ON SCHEMA public IS 'a\\' , ' ",
                   touch, "\n';\n"),
  };
  for (const std::string& dump : dumps) {
    EXPECT_TRUE(absl::IsDataLoss(Restore(Target().get(), dump))) << dump;
    // Even if nobody had looked at it before.
    EXPECT_FALSE(Target()->Feed(BytesOf(dump)).ok()) << dump;
    EXPECT_FALSE(std::filesystem::exists(mark)) << dump;
    EXPECT_EQ(Tables(), "") << dump;
  }
}

TEST_F(PostgresqlTargetTest, WhatTheFilterCannotKnowPsqlItselfRefuses) {
  // The server is told to read strings otherwise behind the filter's back.
  const std::string mark = scratch_ / "mark";
  const std::string dump = absl::StrCat(
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM "
      "set_config('standard_conforming_strings', 'off', false); RETURN 1; END $$;\n"
      "CREATE TABLE t (a int DEFAULT f(), b text);\nINSERT INTO t (b) VALUES ('');\n"
      "INSERT INTO t (b) VALUES ('a\\' , ' \\! touch ",
      mark, "\n');\n");
  const auto target = Target();
  EXPECT_OK(target->Inspect(BytesOf(dump)));
  const absl::Status status = target->Feed(BytesOf(dump));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("restrict"));
  EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST_F(PostgresqlTargetTest, MissingRolesAreNamedAndCanBeLeftOut) {
  server_->Query("postgres", "CREATE ROLE \"Mixed Role\"; CREATE ROLE reader");
  server_->Query(database_,
                 "CREATE TABLE t (i int); ALTER TABLE t OWNER TO \"Mixed Role\"; GRANT SELECT ON t "
                 "TO reader; GRANT INSERT ON t TO PUBLIC");
  EXPECT_OK(DumpTo(Request(database_), scratch_ / "dump.sql").status);
  const std::string dump = ReadFile(scratch_ / "dump.sql");
  server_->Query(database_, "DROP TABLE t; DROP ROLE \"Mixed Role\"; DROP ROLE reader");
  const absl::Status status = Restore(Target().get(), dump);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("CREATE ROLE \"Mixed Role\""));
  EXPECT_THAT(std::string(status.message()), HasSubstr("CREATE ROLE \"reader\""));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("ublic")));
  EXPECT_THAT(std::string(status.message()), HasSubstr("--no-owner"));
  EXPECT_EQ(Tables(), "");
  EXPECT_OK(Restore(Target(/*no_owner=*/true).get(), dump));
  EXPECT_EQ(Tables(), "t\n");
}

// To a user without privileges all of pg_stat_activity is NULL of a session that is not his.
TEST_F(PostgresqlTargetTest, AnAutovacuumWorkerIsNoClient) {
  server_->Query(database_,
                 absl::StrCat("CREATE ROLE plain LOGIN PASSWORD ", "'",
                              absl::StrReplaceAll(DatabaseServer::password(), {{"'", "''"}}), "'"));
  // A worker that takes a minute for a small table.
  server_->Query(database_,
                 "CREATE TABLE t WITH (autovacuum_vacuum_cost_delay = 100, "
                 "autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_threshold = 1) AS "
                 "SELECT repeat('x', 500) AS x FROM generate_series(1, 20000)");
  server_->Query(database_, "DELETE FROM t");
  for (const char* setting : {"autovacuum = on", "autovacuum_naptime = '1s'"}) {
    server_->Query(database_, absl::StrCat("ALTER SYSTEM SET ", setting));
  }
  server_->Query(database_, "SELECT pg_reload_conf()");
  const std::string workers = absl::StrCat(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND "
      "datname = '",
      database_, "'");
  const auto has_worker = [&] { return server_->Query(database_, workers) == "t\n"; };
  bool running = false;
  for (int i = 0; i < 300 && !running; ++i) running = has_worker();
  ASSERT_TRUE(running);
  DumpRequest request = Request(database_);
  request.url.user = "plain";
  const auto target = DatabaseTarget::Open({request, false, false});
  ASSERT_OK(target);
  const auto use = (*target)->Look();
  ASSERT_OK(use);
  EXPECT_EQ(use->connections, 0);
  EXPECT_TRUE(has_worker());
  server_->Query(database_, "ALTER SYSTEM RESET ALL");
  server_->Query(database_, "SELECT pg_reload_conf()");
  server_->Query(database_, "DROP TABLE t");  // ends the worker
}

TEST_F(PostgresqlTargetTest, OthersThatAreConnectedAreSeen) {
  const std::string client = absl::StrCat(
      "PGPASSWORD='", absl::StrReplaceAll(DatabaseServer::password(), {{"'", "'\\''"}}),
      "' psql -X -q -h 127.0.0.1 -p ", server_->port(), " -U owner -d ", database_,
      " -c 'SELECT pg_sleep(60)'");
  auto other = io::Process::Start({{"bash", "-c", "exec env " + client}, {}, {}, {}});
  ASSERT_OK(other);
  const auto target = Target();
  uint64_t connections = 0;
  for (int i = 0; i < 200 && connections == 0; ++i) connections = target->Look()->connections;
  EXPECT_EQ(connections, 1);
}

TEST_F(PostgresqlTargetTest, AWrongPasswordHasARemedy) {
  DumpRequest request = Request(database_);
  request.password = "wrong";
  const auto target = DatabaseTarget::Open({request, false, false});
  ASSERT_OK(target);
  const auto use = (*target)->Look();
  EXPECT_TRUE(absl::IsInvalidArgument(use.status())) << use.status();
  EXPECT_THAT(std::string(use.status().message()), HasSubstr("--password-file"));
  EXPECT_THAT(std::string(use.status().message()), testing::Not(HasSubstr("make it")));
}

TEST_F(PostgresqlTargetTest, ADatabaseThatIsNotThereHasARemedy) {
  database_ = "nowhere";
  const auto use = Target()->Look();
  EXPECT_TRUE(absl::IsInvalidArgument(use.status())) << use.status();
  EXPECT_THAT(std::string(use.status().message()), HasSubstr("\"nowhere\" does not exist"));
  EXPECT_THAT(std::string(use.status().message()), HasSubstr("createdb -O owner"));
  EXPECT_THAT(std::string(use.status().message()), Not(HasSubstr(DatabaseServer::password())));
}

TEST_F(PostgresqlTargetTest, AnOldPsqlIsNotTrusted) {
  for (const char* version : {"14.18 (Debian 14.18-1)", "15.13", "9.6.24", "17.5"}) {
    FakeProgram(scratch_, "psql", "exit 1");
    WriteFile(scratch_ / "psql",
              absl::StrCat("#!/bin/bash\necho 'psql (PostgreSQL) ", version, "'\n"));
    const PathOverride path(scratch_.path() + ":/usr/bin:/bin");
    const auto target = DatabaseTarget::Open({Request(database_), false, false});
    EXPECT_TRUE(absl::IsInvalidArgument(target.status())) << version;
    EXPECT_OK(DatabaseTarget::Open({Request(database_), false, true}));
  }
}

}  // namespace
}  // namespace ingot::tools
