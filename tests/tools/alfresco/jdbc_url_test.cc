#include "tools/alfresco/jdbc_url.h"

#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using tools::DatabaseVendor;

struct JdbcCase {
  const char* text;
  DatabaseVendor vendor;
  const char* host;
  uint16_t port;
  const char* database;
};

TEST(JdbcUrlTest, Forms) {
  const JdbcCase cases[] = {
      {"jdbc:postgresql://db:5433/alfresco", DatabaseVendor::kPostgresql, "db", 5433, "alfresco"},
      {"jdbc:postgresql://db/alfresco", DatabaseVendor::kPostgresql, "db", 5432, "alfresco"},
      {"jdbc:postgresql:alfresco", DatabaseVendor::kPostgresql, "localhost", 5432, "alfresco"},
      {"jdbc:postgresql:///alfresco", DatabaseVendor::kPostgresql, "localhost", 5432, "alfresco"},
      {"jdbc:postgresql://[::1]:5433/a%20b", DatabaseVendor::kPostgresql, "::1", 5433, "a b"},
      {"jdbc:postgresql://[fe80::1]/a", DatabaseVendor::kPostgresql, "fe80::1", 5432, "a"},
      {"jdbc:postgresql://db/", DatabaseVendor::kPostgresql, "db", 5432, ""},
      {"jdbc:postgresql://db", DatabaseVendor::kPostgresql, "db", 5432, ""},
      {" jdbc:mysql://h:3307/alf?useUnicode=yes&characterEncoding=UTF-8 ", DatabaseVendor::kMysql,
       "h", 3307, "alf"},
      {"jdbc:mysql:///alfresco", DatabaseVendor::kMysql, "localhost", 3306, "alfresco"},
      {"jdbc:mariadb://h/alf?a=b/c", DatabaseVendor::kMariadb, "h", 3306, "alf"},
      {"jdbc:sqlite:/srv/alf.db", DatabaseVendor::kSqlite, "", 0, "/srv/alf.db"},
      {"jdbc:sqlite:file:alf.db?mode=ro", DatabaseVendor::kSqlite, "", 0, "alf.db"},
  };
  for (const JdbcCase& c : cases) {
    const absl::StatusOr<JdbcUrl> url = ParseJdbcUrl(c.text);
    ASSERT_TRUE(url.ok()) << c.text << ": " << url.status();
    EXPECT_EQ(url->url.vendor, c.vendor) << c.text;
    EXPECT_EQ(url->url.host, c.host) << c.text;
    EXPECT_EQ(url->url.port, c.port) << c.text;
    EXPECT_EQ(url->url.database, c.database) << c.text;
  }
}

TEST(JdbcUrlTest, Parameters) {
  const absl::StatusOr<JdbcUrl> url =
      ParseJdbcUrl("jdbc:postgresql://h/d?user=al%66&password=p%26w&sslmode=require&x");
  ASSERT_OK(url);
  EXPECT_EQ(url->url.user, "alf");
  EXPECT_EQ(url->password, "p&w");
  EXPECT_THAT(url->parameters, testing::ElementsAre("sslmode", "x"));
}

TEST(JdbcUrlTest, OtherVendorsGetTheRemedy) {
  for (const char* text : {"jdbc:oracle:thin:@h:1521:alf", "jdbc:sqlserver://h;databaseName=a",
                           "jdbc:db2://h:50000/a"}) {
    const absl::StatusOr<JdbcUrl> url = ParseJdbcUrl(text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(url.status().message()), HasSubstr("--dump-command")) << text;
  }
}

TEST(JdbcUrlTest, WhatCannotBeReadNamesNoSecret) {
  for (const char* text :
       {"", "secret", "jdbc:", "jdbc:secret", "jdbc:postgresql://u:secret@h/d",
        "jdbc:mysql://u:secret@h/d", "jdbc:postgresql://h1,h2/secret", "jdbc:mysql://h:secret/d",
        "jdbc:mysql://h:0/secret", "jdbc:mysql://h:65536/d", "jdbc:mysql:loadbalance://secret/d",
        "jdbc:mysql://address=(host=secret)/d", "jdbc:postgresql://[::1/secret",
        "jdbc:postgresql://[::1]x/secret", "jdbc:postgresql://h/d?password=secret%zz",
        "jdbc:postgresql://h/%0", "jdbc:mysql://h/%00secret",
        "jdbc:sqlite:", "jdbc:sqlite::memory:"}) {
    const absl::StatusOr<JdbcUrl> url = ParseJdbcUrl(text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(url.status().message()), testing::Not(HasSubstr("secret"))) << text;
    EXPECT_THAT(std::string(url.status().message()), HasSubstr("--d")) << text;
  }
}

}  // namespace
}  // namespace ingot
