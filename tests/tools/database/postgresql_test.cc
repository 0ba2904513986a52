// pg_dump against a real server, restored with psql and compared.
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
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kSchema[] = R"sql(
CREATE SCHEMA "other ""one";
CREATE SEQUENCE counter START 17 INCREMENT 3;
SELECT nextval('counter'), nextval('counter');
CREATE TYPE mood AS ENUM ('glad', 'it''s bad');
CREATE TABLE docs(id bigserial PRIMARY KEY, name text UNIQUE, body bytea, note varchar(255),
  r double precision, n numeric(30,10), t timestamptz, j jsonb, a int[], m mood,
  twice bigint GENERATED ALWAYS AS (id * 2) STORED);
CREATE INDEX docs_note ON docs(lower(note));
CREATE TABLE children(doc bigint REFERENCES docs(id), "we""ird 'col" text);
CREATE TABLE "other ""one".inside(a int);
INSERT INTO "other ""one".inside VALUES (5);
CREATE VIEW names AS SELECT id, name FROM docs;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS c FROM docs;
CREATE TABLE log(line text);
CREATE FUNCTION on_child() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO log VALUES ('child; of ' || NEW.doc); RETURN NEW; END $$;
CREATE TRIGGER child_added AFTER INSERT ON children FOR EACH ROW EXECUTE FUNCTION on_child();
)sql";

constexpr char kRows[] = R"sql(
INSERT INTO docs(name, body, note, r, n, t, j, a, m) VALUES
 ('emoji ' || U&'\+01F600', '\x00ff00275c', E'back\\slash \\. \n\\.\n tab\t cr\r\n', 0.1, 1234567890.0123456789,
  '2026-11-23 16:23:35.123456+00', '{"a": "\u00e9\\n"}', '{1,NULL,3}', 'it''s bad'),
 ('', '', NULL, 'NaN', NULL, 'infinity', 'null', '{}', NULL),
 ('quote''s', decode('00', 'hex'), '-- PostgreSQL database dump complete', '-Infinity', 0, NULL, '[]', NULL, 'glad');
INSERT INTO docs(name, body) SELECT 'large ' || i,
  decode(repeat(md5(i::text) || '00ff', 58255), 'hex') FROM generate_series(1, 4) i;
INSERT INTO docs(name, note) SELECT 'row ' || i, md5(i::text) FROM generate_series(1, 20000) i;
INSERT INTO children SELECT id, name FROM docs WHERE id < 10;
SELECT lo_from_bytea(4711, '\x00010203ff');
REFRESH MATERIALIZED VIEW counted;
)sql";

// Everything that must be equal after a restore, as one line each.
constexpr char kChecks[] = R"sql(
SELECT md5(string_agg(d::text, '|' ORDER BY id)), sum(length(body)) FROM docs d;
SELECT md5(string_agg(c::text, '|' ORDER BY doc)) FROM children c;
SELECT string_agg(line, ',' ORDER BY line) FROM log;
SELECT last_value, is_called FROM counter; SELECT last_value FROM docs_id_seq;
SELECT c FROM counted; SELECT count(*) FROM names; SELECT lo_get(4711);
SELECT a FROM "other ""one".inside;
SELECT tgname FROM pg_trigger WHERE NOT tgisinternal; SELECT prosrc FROM pg_proc WHERE proname = 'on_child'
)sql";

class PostgresqlDumpTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    server_ = StartPostgresql(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    server_->CreateDatabase("source");
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

// Without the lines that hold a key made anew for each dump.
std::string WithoutKeys(const std::string& dump) {
  std::string kept;
  for (const absl::string_view line : absl::StrSplit(dump, '\n'))
    if (!absl::StartsWith(line, "\\restrict ") && !absl::StartsWith(line, "\\unrestrict "))
      absl::StrAppend(&kept, line, "\n");
  return kept;
}

TEST_F(PostgresqlDumpTest, RestoresEqual) {
  server_->Query("source", std::string(kSchema) + kRows);
  // A wrong password of the environment must not win.
  setenv("PGPASSWORD", "wrong", 1);
  const DumpResult result = DumpTo(Request("source"), directory_ / "dump.sql");
  unsetenv("PGPASSWORD");
  ASSERT_OK(result.status);
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_THAT(result.tool, testing::MatchesRegex("pg_dump [0-9]+[.][0-9]+.*"));
  server_->CreateDatabase("restored");
  server_->RunFile("restored", directory_ / "dump.sql");
  EXPECT_EQ(server_->Query("source", kChecks), server_->Query("restored", kChecks));
  ASSERT_OK(DumpTo(Request("restored"), directory_ / "again.sql").status);
  EXPECT_TRUE(WithoutKeys(ReadFile(directory_ / "dump.sql")) ==
              WithoutKeys(ReadFile(directory_ / "again.sql")))
      << Shell(absl::StrCat("diff ", directory_ / "dump.sql", " ", directory_ / "again.sql"))
             .output.substr(0, 2000);

  DumpRequest one_schema = Request("source");
  one_schema.schema = "other \"one";
  ASSERT_OK(DumpTo(one_schema, directory_ / "schema.sql").status);
  EXPECT_THAT(ReadFile(directory_ / "schema.sql"),
              AllOf(HasSubstr("inside"), Not(HasSubstr("children"))));
  one_schema.schema = "o*";  // a name, not a pattern
  FailureOf(one_schema);
}

TEST_F(PostgresqlDumpTest, PasswordShowsNowhere) {
  server_->Query("source", std::string(kSchema) + kRows);
  setenv("PGPASSWORD", DatabaseServer::password().c_str(), 1);
  setenv("INGOT_DB_PASSWORD", DatabaseServer::password().c_str(), 1);
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(Request("source"));
  ASSERT_OK(dump);
  char byte;
  ASSERT_OK((*dump)->Read(absl::Span<char>(&byte, 1)));
  ExpectNotVisible("pg_dump", DatabaseServer::password());
  for (const char* name : {"PGPASSWORD", "INGOT_DB_PASSWORD"}) unsetenv(name);
}

TEST_F(PostgresqlDumpTest, Failures) {
  DumpRequest wrong_password = Request("source");
  wrong_password.password = "hush";
  EXPECT_THAT(FailureOf(wrong_password),
              AllOf(HasSubstr("password authentication failed"), Not(HasSubstr("hush"))));
  DumpRequest no_password = Request("source");
  no_password.password.clear();
  EXPECT_THAT(FailureOf(no_password), HasSubstr("INGOT_DB_PASSWORD"));
  EXPECT_THAT(FailureOf(Request("absent")), HasSubstr("absent"));
  EXPECT_THAT(FailureOf(Request("host=elsewhere")), HasSubstr("\"host=elsewhere\""));
  DumpRequest no_server = Request("source");
  no_server.url.port = FreePort();
  EXPECT_THAT(FailureOf(no_server), HasSubstr("Connection refused"));
  // The server goes away in the middle of it.
  server_->Query("source", std::string(kSchema) + kRows);
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(Request("source"));
  ASSERT_OK(dump);
  std::string buffer(1 << 20, '\0');
  ASSERT_OK((*dump)->Read(absl::MakeSpan(buffer)));
  server_->Query("postgres",
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'source'");
  absl::StatusOr<size_t> size = 1;
  while (size.ok() && *size > 0) size = (*dump)->Read(absl::MakeSpan(buffer));
  ASSERT_OK(size);
  EXPECT_EQ((*dump)->Finish().code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace ingot::tools
