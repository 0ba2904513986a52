#include "tools/database/database_url.h"

#include "tests/testing.h"
#include "tools/database/dump.h"
#include "tools/database/password.h"

namespace ingot::tools {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

DatabaseUrl Parsed(absl::string_view text) {
  absl::StatusOr<DatabaseUrl> url = ParseDatabaseUrl(text);
  EXPECT_OK(url);
  return url.ok() ? *url : DatabaseUrl();
}

std::string Refusal(absl::string_view text) {
  const absl::Status status = ParseDatabaseUrl(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(DatabaseUrl, AllParts) {
  const DatabaseUrl url = Parsed("postgresql://alfresco@db.example:5433/repo");
  EXPECT_EQ(url.vendor, DatabaseVendor::kPostgresql);
  EXPECT_EQ(url.user, "alfresco");
  EXPECT_EQ(url.host, "db.example");
  EXPECT_EQ(url.port, 5433);
  EXPECT_EQ(url.database, "repo");
}

TEST(DatabaseUrl, SchemesAndDefaults) {
  EXPECT_EQ(Parsed("postgres://h/d").vendor, DatabaseVendor::kPostgresql);
  EXPECT_EQ(Parsed("MySQL://h/d").vendor, DatabaseVendor::kMysql);
  const DatabaseUrl url = Parsed("mariadb:///d");
  EXPECT_EQ(url.vendor, DatabaseVendor::kMariadb);
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.host, "");
  EXPECT_EQ(url.port, 0);
}

TEST(DatabaseUrl, PercentDecodingAndIpv6) {
  const DatabaseUrl url = Parsed("mysql://o%40x@[::1]:3307/a%2Fb%20%C3%A9");
  EXPECT_EQ(url.user, "o@x");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 3307);
  EXPECT_EQ(url.database, "a/b \xC3\xA9");
  EXPECT_EQ(Parsed("postgresql://[fe80::1%25eth0]/d").host, "fe80::1%eth0");
  EXPECT_EQ(Parsed("postgresql://%2Fvar%2Frun/d").host, "/var/run");
}

TEST(DatabaseUrl, SqlitePathIsTakenAsItIs) {
  EXPECT_EQ(Parsed("sqlite:/a/b%20c?d").database, "/a/b%20c?d");
  EXPECT_EQ(Parsed("sqlite:rel.db").database, "rel.db");
  EXPECT_EQ(Parsed("sqlite:///abs.db").database, "///abs.db");
  EXPECT_THAT(Refusal("sqlite:"), HasSubstr("path"));
  EXPECT_THAT(Refusal("sqlite://rel.db"), HasSubstr("sqlite:PATH"));
}

TEST(DatabaseUrl, PasswordIsRefusedAndNotRepeated) {
  for (const char* url : {"postgresql://u:hush@h/d", "mysql://u:hush@h:1/d", "mariadb://:hush@/d",
                          "postgresql://u:@h/d"}) {
    EXPECT_THAT(Refusal(url), AllOf(HasSubstr("INGOT_DB_PASSWORD"), HasSubstr("--password-file"),
                                    Not(HasSubstr("hush"))));
  }
  // Passwords that break the URL apart.
  for (const char* url :
       {"postgresql://u:hu/sh@h/d", "postgresql://u:hush", "mysql://h/d?password=hush",
        "mysql://h:hush/d", "oracle://u:hush@h/d", "u:hush@h", "postgresql:u:hush@h/d"})
    EXPECT_THAT(Refusal(url), Not(testing::AnyOf(HasSubstr("hush"), HasSubstr("hu/"))));
}

TEST(DatabaseUrl, Malformed) {
  for (const char* url : {"",
                          ":",
                          "postgresql",
                          "postgresql:",
                          "postgresql://",
                          "postgresql://h",
                          "postgresql://h/",
                          "mysql://h:0/d",
                          "mysql://h:65536/d",
                          "mysql://h:1x/d",
                          "mysql://h:/d",
                          "mysql://::1/d",
                          "mysql://[::1/d",
                          "mysql://[::1]x/d",
                          "mysql://[]/d",
                          "mysql://h/a/b",
                          "mysql://h/%",
                          "mysql://h/%2",
                          "mysql://h/%zz",
                          "mysql://h/%00",
                          "ftp://h/d",
                          "mysql://h/d?useSSL=true"})
    Refusal(url);
}

TEST(DatabaseUrl, DescribeParsesBack) {
  for (const char* text :
       {"postgresql://alfresco@db.example:5433/repo", "mysql:///d",
        "mariadb://o%40x@[::1]:3307/a%2Fb", "postgresql://%2Fvar%2Frun/d%3F", "sqlite:/a b/c.db"}) {
    EXPECT_EQ(Describe(Parsed(text)), text);
  }
  DatabaseUrl command;
  command.vendor = DatabaseVendor::kCommand;
  EXPECT_EQ(Describe(command), "command");
}

TEST(DumpMemberName, OfTheDatabase) {
  EXPECT_EQ(DumpMemberName(Parsed("mysql://h/alfresco")), "database/alfresco.sql");
  EXPECT_EQ(DumpMemberName(Parsed("mysql://h/..%2F..%2Fa%0Ab")), "database/.._.._a_b.sql");
  EXPECT_EQ(DumpMemberName(Parsed("sqlite:/var/lib/alfresco.db")), "database/alfresco.sql");
  EXPECT_EQ(DumpMemberName(Parsed("sqlite:.hidden")), "database/.hidden.sql");
  EXPECT_EQ(DumpMemberName(Parsed("sqlite:/dir.d/")), "database/dump.sql");
  DatabaseUrl command;
  command.vendor = DatabaseVendor::kCommand;
  EXPECT_EQ(DumpMemberName(command), "database/dump.sql");
}

TEST(Password, FileThenEnvironmentThenNone) {
  ScratchDirectory scratch;
  WriteFile(scratch / "p", "from file\r\nsecond line\n");
  for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
  EXPECT_EQ(FindPassword(DatabaseVendor::kPostgresql, "").value(), "");
  setenv("PGPASSWORD", "pg", 1);
  setenv("MYSQL_PWD", "my", 1);
  EXPECT_EQ(FindPassword(DatabaseVendor::kPostgresql, "").value(), "pg");
  EXPECT_EQ(FindPassword(DatabaseVendor::kMysql, "").value(), "my");
  EXPECT_EQ(FindPassword(DatabaseVendor::kMariadb, "").value(), "my");
  EXPECT_EQ(FindPassword(DatabaseVendor::kSqlite, "").value(), "");
  setenv("INGOT_DB_PASSWORD", "ours", 1);
  EXPECT_EQ(FindPassword(DatabaseVendor::kPostgresql, "").value(), "ours");
  EXPECT_EQ(FindPassword(DatabaseVendor::kPostgresql, scratch / "p").value(), "from file");
  for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
}

TEST(Password, BadFiles) {
  ScratchDirectory scratch;
  EXPECT_EQ(FindPassword(DatabaseVendor::kMysql, scratch / "none").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(FindPassword(DatabaseVendor::kMysql, scratch.path()).ok());
  WriteFile(scratch / "empty", "\nlater\n");
  EXPECT_EQ(FindPassword(DatabaseVendor::kMysql, scratch / "empty").status().code(),
            absl::StatusCode::kInvalidArgument);
  WriteFile(scratch / "large", std::string(kPasswordFileBytesMax + 1, 'x'));
  EXPECT_EQ(FindPassword(DatabaseVendor::kMysql, scratch / "large").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ingot::tools
