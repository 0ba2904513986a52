// DumpReader against dumps that the real programs make of real databases, row by row what the
// database itself says.
#include "tests/core/join/dump_rows.h"

#include <algorithm>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/servers.h"
#include "tests/testing.h"
#include "tests/tools/database/dumping.h"

namespace ingot::tools {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

constexpr int kRows = 300;
constexpr int kCutRows = 12;  // enough when each cut is tried
constexpr size_t kPiecesMax = 12;

std::vector<WantedTable> Wanted() { return {{"nasty", {"t", "id", "n"}}}; }

std::string Text(std::mt19937* random, bool with_nul) {
  static const std::string kPieces[] = {"'",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\r",
                                        "\t",
                                        "\x1a",
                                        "%",
                                        "_",
                                        "`",
                                        ";",
                                        "--",
                                        "-- ",
                                        "/*",
                                        "*/",
                                        "/*!",
                                        "#",
                                        "$$",
                                        "$a$",
                                        "(",
                                        ")",
                                        ",",
                                        "NULL",
                                        "\\N",
                                        "\\.",
                                        "\\n",
                                        "é",
                                        "😀",
                                        "COPY nasty (id) FROM stdin;\n",
                                        "INSERT INTO nasty VALUES (1,2,3);\n",
                                        "E'",
                                        "x'",
                                        " ",
                                        "a",
                                        "\nDELIMITER ;;\n",
                                        "\n\\.\n",
                                        "replace(",
                                        "char(10)",
                                        "\\r",
                                        "(\\n0)",
                                        std::string(1, '\0')};
  std::uniform_int_distribution<size_t> piece(0, std::size(kPieces) - (with_nul ? 1 : 2));
  std::string text;
  for (size_t left = (*random)() % kPiecesMax; left > 0; --left) text += kPieces[piece(*random)];
  return text;
}

// "INSERT INTO <table> VALUES (<id>, <junk>, <text>, <number>);" with texts as `quoted` has them.
std::string Inserts(const std::string& table, int rows, bool with_nul,
                    const std::function<std::string(const std::string& hex)>& quoted) {
  std::mt19937 random(7);
  std::string sql;
  for (int id = 1; id <= rows; ++id) {
    const auto value = [&] {
      const std::string text = Text(&random, with_nul);
      return random() % 8 == 0 ? "NULL" : quoted(absl::BytesToHexString(text));
    };
    absl::StrAppend(&sql, "INSERT INTO ", table, " VALUES (", id - 2, ",", value(), ",", value(),
                    ",", id % 5 == 0 ? "NULL" : absl::StrCat("-", id, ".25"), ");\n");
  }
  return sql;
}

// As the databases give them: values in hexadecimal digits, NULL as "~"; sorted.
std::vector<std::string> Hex(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}
class HexRows : public RowSink {
 public:
  void Row(size_t, RowValues values) override {
    std::string line;
    for (const std::optional<absl::string_view>& value : values)
      absl::StrAppend(&line, value.has_value() ? absl::BytesToHexString(*value) : "~", "|");
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};
std::vector<std::string> ReadHex(std::optional<DumpDialect> dialect, const std::string& dump) {
  HexRows rows;
  DumpReader reader(dialect, Wanted(), &rows);
  reader.Feed(dump);
  EXPECT_OK(reader.Finish());
  EXPECT_TRUE(reader.HasTable(0));
  return Hex(rows.lines);
}
std::vector<std::string> Lines(const std::string& output) {
  return Hex(absl::StrSplit(absl::AsciiStrToLower(output), '\n', absl::SkipEmpty()));
}

// What `command` prints holds the rows that the database has.
void ExpectRows(DumpDialect dialect, const std::string& command,
                const std::vector<std::string>& rows, bool cuts) {
  SCOPED_TRACE(command);
  const ShellResult dump = Shell(command);
  ASSERT_EQ(dump.exit_code, 0) << dump.error;
  EXPECT_THAT(ReadHex(std::nullopt, dump.output), ElementsAreArray(rows));
  if (cuts) {
    EXPECT_EQ(DifferenceByCuts(dialect, Wanted(), dump.output), "");
  }
}

TEST(DumpRowsTest, Postgresql) {
  std::string why_not;
  const std::unique_ptr<DatabaseServer> server = StartPostgresql(&why_not);
  if (server == nullptr) SKIP_OR_FAIL(why_not);
  ScratchDirectory directory;
  WriteFile(directory / "password", DatabaseServer::password());
  for (const int rows : {kRows, kCutRows}) {
    const std::string database = absl::StrCat("rows", rows);
    server->CreateDatabase(database);
    const auto quoted = [](const std::string& hex) {
      return absl::StrCat("convert_from(decode('", hex, "','hex'),'UTF8')");
    };
    server->Query(database, absl::StrCat(R"sql(
CREATE TABLE nasty(id bigint NOT NULL PRIMARY KEY, "X ""y" text DEFAULT 'a,(', t varchar(2000), n numeric(12,2) CHECK (n < 5));
CREATE TABLE another("select" bigint, a bytea, t text, n numeric);
CREATE FUNCTION body() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO nasty VALUES (1,'','',1); RETURN 1; END $$;
CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC INSERT INTO nasty VALUES (1,'','',1);
 SELECT CASE WHEN true THEN 1 ELSE 2 END; INSERT INTO nasty VALUES (1,'','',1); SELECT 1; END;
CREATE RULE r AS ON INSERT TO another DO ALSO (SELECT 1; SELECT 2);
COMMENT ON COLUMN nasty.t IS E'it''s \\ \nCOPY nasty (id) FROM stdin;\n1\n';
)sql",
                                         Inserts("nasty", rows, false, quoted),
                                         "INSERT INTO another SELECT id, convert_to(\"X \"\"y\", "
                                         "'UTF8'), t, n FROM nasty;"));
    const auto hex = [](const char* column) {
      return absl::StrCat("coalesce(encode(convert_to(", column, "::text,'UTF8'),'hex'),'~')||'|'");
    };
    const std::vector<std::string> expected =
        Lines(server->Query(database, absl::StrCat("SELECT ", hex("t"), "||", hex("id"), "||",
                                                   hex("n"), " FROM nasty")));
    ASSERT_EQ(expected.size(), static_cast<size_t>(rows));
    for (const char* options :
         {"", "--inserts", "--column-inserts", "--inserts --rows-per-insert=7",
          "--quote-all-identifiers --inserts --on-conflict-do-nothing", "--data-only",
          "--column-inserts --data-only", "-C --clean --if-exists", "--disable-dollar-quoting"}) {
      for (const char* strings : {"on", "off"}) {
        ExpectRows(DumpDialect::kPostgresql,
                   absl::StrCat("PGOPTIONS='-c standard_conforming_strings=", strings,
                                "' PGPASSWORD=$(cat ", directory / "password",
                                ") pg_dump -h 127.0.0.1 -p ", server->port(), " -U ",
                                DatabaseServer::user(), " ", options, " ", database),
                   expected, rows == kCutRows);
      }
    }
  }
}

TEST(DumpRowsTest, Mariadb) {
  std::string why_not;
  const std::unique_ptr<DatabaseServer> server = StartMariadb(&why_not);
  if (server == nullptr) SKIP_OR_FAIL(why_not);
  ScratchDirectory directory;
  WriteFile(directory / "password", DatabaseServer::password());
  for (const int rows : {kRows, kCutRows}) {
    const std::string database = absl::StrCat("rows", rows);
    server->CreateDatabase(database);
    const auto quoted = [](const std::string& hex) {
      return absl::StrCat("CONVERT(X'", hex, "' USING utf8mb4)");
    };
    server->Query(database, absl::StrCat(R"sql(
CREATE TABLE another(id BIGINT, b LONGBLOB, t TEXT, n DECIMAL(12,2), f BIT(3) DEFAULT b'101') ENGINE=InnoDB;
CREATE TABLE nasty(id BIGINT PRIMARY KEY, b LONGBLOB, t VARCHAR(2000) COMMENT 'it''s, (', n DECIMAL(12,2),
 KEY(n), KEY k (t(10))) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='; INSERT INTO nasty VALUES (1)';
)sql",
                                         Inserts("nasty", rows, true, quoted), R"sql(
INSERT INTO another(id, b, t, n) SELECT id, b, t, n FROM nasty;
CREATE VIEW seen AS SELECT id, 'it''s' AS c FROM nasty;
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';
DELIMITER $$
CREATE TRIGGER t1 BEFORE INSERT ON another FOR EACH ROW
BEGIN IF NEW."t" = '\' THEN INSERT INTO nasty VALUES (1,2,3,4); END IF; END$$
CREATE PROCEDURE p1() BEGIN SELECT "id", '\' FROM nasty; INSERT INTO nasty VALUES (1,2,3,4); END$$
DELIMITER ;
)sql"));
    const std::vector<std::string> expected = Lines(server->Query(
        database,
        "SELECT CONCAT(IFNULL(HEX(t),'~'),'|',HEX(CONCAT(id)),'|',IFNULL(HEX(CONCAT(n)),'~'),'|')"
        " FROM nasty"));
    ASSERT_EQ(expected.size(), static_cast<size_t>(rows));
    for (const char* options :
         {"", "--skip-extended-insert", "--complete-insert", "--hex-blob", "--compatible=ansi",
          "--skip-quote-names", "--insert-ignore", "--replace", "--skip-opt", "--databases",
          "--no-create-info --complete-insert", "--default-character-set=binary", "--skip-comments",
          "--routines --triggers --events --hex-blob", "--net-buffer-length=4096 --hex-blob",
          "--no-autocommit --flush-logs=0 --tz-utc", "--compact"}) {
      const bool is_sniffed = std::string(options) != "--compact";
      ExpectRows(
          DumpDialect::kMysql,
          absl::StrCat("MYSQL_PWD=$(cat ", directory / "password",
                       ") mariadb-dump --no-defaults --default-character-set=utf8mb4 -h "
                       "127.0.0.1 -P ",
                       server->port(), " -u ", DatabaseServer::user(), " ", options, " ", database),
          expected, rows == kCutRows && is_sniffed);
    }
  }
}

TEST(DumpRowsTest, Sqlite) {
  ScratchDirectory directory;
  if (Shell("command -v sqlite3").exit_code != 0) SKIP_OR_FAIL("the package sqlite3 is missing");
  for (const int rows : {kRows, kCutRows}) {
    const std::string path = directory / absl::StrCat("rows", rows, ".db");
    // The shell's own .dump cannot say NUL bytes inside of texts; ours can.
    for (const bool with_nul : {false, true}) {
      unlink(path.c_str());
      const auto quoted = [](const std::string& hex) {
        return absl::StrCat("CAST(X'", hex, "' AS TEXT)");
      };
      WriteFile(directory / "rows.sql",
                absl::StrCat(R"sql(
CREATE TABLE another(id, b, t, n);
CREATE TABLE nasty(id INTEGER PRIMARY KEY, key BLOB DEFAULT 'a,(', [t] TEXT, -- it's
 twice INT GENERATED ALWAYS AS (id * 2), n TEXT, CHECK (id < 1000), UNIQUE (n, id));
)sql",
                             Inserts("nasty(id, key, t, n)", rows, with_nul, quoted), R"sql(
INSERT INTO another SELECT id, CAST(key AS BLOB), t, n / 3.0 FROM nasty;
CREATE TRIGGER tr AFTER INSERT ON another BEGIN INSERT INTO nasty(id) VALUES (1); SELECT CASE WHEN 1 THEN 2 END;
 INSERT INTO nasty(id) VALUES (2); END;
CREATE VIEW v AS SELECT 'INSERT INTO nasty VALUES (1)' AS "it's";
)sql"));
      ASSERT_EQ(Shell(absl::StrCat("sqlite3 ", path, " < ", directory / "rows.sql")).error, "");
      const auto hex = [](const char* column) {
        return absl::StrCat("iif(", column, " IS NULL,'~',hex(CAST(", column, " AS BLOB)))||'|'");
      };
      const std::vector<std::string> expected =
          Lines(Shell(absl::StrCat("sqlite3 ", path, " \"SELECT ", hex("t"), "||",
                                   hex("CAST(id AS TEXT)"), "||", hex("n"), " FROM nasty\""))
                    .output);
      ASSERT_EQ(expected.size(), static_cast<size_t>(rows));
      DumpRequest request;
      request.url = ParseDatabaseUrl(absl::StrCat("sqlite:", path)).value();
      ASSERT_OK(DumpTo(request, directory / "own.sql").status);
      ExpectRows(DumpDialect::kSqlite, absl::StrCat("cat ", directory / "own.sql"), expected,
                 rows == kCutRows);
      if (with_nul) continue;
      for (const char* command : {".dump", ".dump --preserve-rowids", ".dump --newlines"}) {
        ExpectRows(DumpDialect::kSqlite, absl::StrCat("sqlite3 ", path, " '", command, "'"),
                   expected, rows == kCutRows);
      }
    }
  }
}

}  // namespace
}  // namespace ingot::tools
