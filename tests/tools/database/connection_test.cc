#include "tools/database/connection.h"

#include <cstdlib>

#include "tests/testing.h"

namespace ingot::tools {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

DumpRequest Request(const std::string& url, const std::string& password) {
  DumpRequest request;
  request.url = ParseDatabaseUrl(url).value();
  request.password = password;
  return request;
}

TEST(PostgresqlConnectionTest, ThePasswordIsInAFileAlone) {
  const absl::StatusOr<ClientConnection> connection =
      PostgresqlConnection("psql", Request("postgresql://alf@db:5433/a", "p:\\w"));
  ASSERT_OK(connection);
  EXPECT_THAT(connection->process.arguments,
              ElementsAre("psql", "--no-password", "--host=db", "--port=5433", "--username=alf"));
  EXPECT_THAT(connection->process.secret_files, ElementsAre("*:*:*:*:p\\:\\\\w\n"));
  EXPECT_THAT(connection->process.unset_environment, Contains("PGPASSWORD"));
  EXPECT_THAT(connection->secrets, ElementsAre("p:\\w", "p\\:\\\\w"));
}

TEST(PostgresqlConnectionTest, WithoutAPasswordTheClientsOwnMeansApply) {
  const absl::StatusOr<ClientConnection> connection =
      PostgresqlConnection("psql", Request("postgresql://db/a", ""));
  ASSERT_OK(connection);
  EXPECT_THAT(connection->process.unset_environment, ElementsAre("INGOT_DB_PASSWORD", "MYSQL_PWD"));
  EXPECT_THAT(connection->process.secret_files, IsEmpty());
  EXPECT_TRUE(absl::IsInvalidArgument(
      PostgresqlConnection("psql", Request("postgresql://db/a", "a\nb")).status()));
}

TEST(PostgresqlConnectionTest, ANameIsNoConnectionString) {
  EXPECT_EQ(PostgresqlDatabase("host=evil it's \\"), "dbname='host=evil it\\'s \\\\'");
}

TEST(MysqlConnectionTest, WithoutAPasswordTheClientsOwnMeansApply) {
  const absl::StatusOr<ClientConnection> connection =
      MysqlConnection("mariadb", Request("mariadb://db/a", ""));
  ASSERT_OK(connection);
  EXPECT_THAT(connection->process.unset_environment,
              ElementsAre("INGOT_DB_PASSWORD", "PGPASSWORD"));
  EXPECT_THAT(connection->process.secret_files, IsEmpty());
}

TEST(MysqlConnectionTest, ThePasswordIsInAFileAlone) {
  setenv("HOME", "/nonexistent", 1);
  const absl::StatusOr<ClientConnection> connection =
      MysqlConnection("mariadb", Request("mariadb://alf@db:3307/a", "p\"w\\"));
  ASSERT_OK(connection);
  EXPECT_THAT(connection->process.arguments,
              ElementsAre("mariadb", "--defaults-extra-file={secret:0}", "--host=db", "--port=3307",
                          "--protocol=TCP", "--user=alf", "--default-character-set=utf8mb4"));
  EXPECT_THAT(connection->process.secret_files, ElementsAre("[client]\npassword=\"p\\\"w\\\\\"\n"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      MysqlConnection("mariadb", Request("mariadb://db/a", std::string("a\0b", 3))).status()));
}

TEST(ToolVersionTest, OfVersionLines) {
  EXPECT_EQ(MysqlToolVersion("mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux"),
            "10.11.19-MariaDB");
  EXPECT_EQ(MysqlToolVersion("mariadb-dump from 11.4.2-MariaDB, client 10.19 for Linux"),
            "11.4.2-MariaDB");
  EXPECT_EQ(MysqlToolVersion("mysqldump  Ver 8.0.36 for Linux on x86_64"), "8.0.36");
  EXPECT_EQ(MysqlToolVersion("something else"), "");
  EXPECT_EQ(PostgresqlToolVersion("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), "15.18");
  EXPECT_EQ(PostgresqlToolVersion("pg_dump 15"), "");
}

}  // namespace
}  // namespace ingot::tools
