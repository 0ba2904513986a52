// PostgreSQL: psql, everything in one transaction, so that a restore that fails leaves the database
// as it was.
#include <fcntl.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "io/status.h"
#include "tools/database/connection.h"
#include "tools/database/program_dump.h"
#include "tools/restore/client_query.h"
#include "tools/restore/psql_filter.h"
#include "tools/restore/targets.h"

namespace ingot::tools {
namespace {

constexpr char kRemedy[] = "install Debian's package postgresql-client";
// The first releases whose psql knows \restrict, by major version; all from 18 on do.
constexpr std::pair<int, int> kRestrictSince[] = {{13, 22}, {14, 19}, {15, 14}, {16, 10}, {17, 6}};
constexpr int kRestrictAlwaysSince = 18;

constexpr char kTablesQuery[] =
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema'"
    " AND n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (SELECT 1 FROM pg_depend d"
    " WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')";
constexpr char kConnectionsQuery[] =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"  // background workers have none
    " AND coalesce(backend_type, 'client backend') = 'client backend'";

// "psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
bool KnowsRestrict(absl::string_view version_line) {
  const std::vector<absl::string_view> words = absl::StrSplit(version_line, ' ', absl::SkipEmpty());
  if (words.size() < 3) return false;
  const std::vector<absl::string_view> numbers = absl::StrSplit(words[2], '.');
  int major = 0;
  int minor = 0;
  const absl::string_view digits =
      numbers[0].substr(0, numbers[0].find_first_not_of("0123456789"));  // "19devel"
  if (!absl::SimpleAtoi(digits, &major)) return false;
  if (major >= kRestrictAlwaysSince) return true;
  if (numbers.size() < 2 || !absl::SimpleAtoi(numbers[1], &minor)) return false;
  return std::any_of(std::begin(kRestrictSince), std::end(kRestrictSince), [&](const auto& since) {
    return major == since.first && minor >= since.second;
  });
}

std::string Literal(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

std::string Name(absl::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

absl::StatusOr<std::string> RandomKey() {
  std::array<char, 32> bytes;
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return ErrnoStatus(errno, "read", "random bytes");
  }
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

class PostgresqlTarget : public DatabaseTarget {
 public:
  PostgresqlTarget(const DatabaseTargetOptions& options, ClientConnection client, bool restricts)
      : options_(options), client_(std::move(client)), restricts_(restricts) {}

  absl::StatusOr<DatabaseUse> Look() override {
    DatabaseUse use;
    absl::StatusOr<std::vector<Fields>> tables = Rows(Query(kTablesQuery));
    if (absl::IsFailedPrecondition(tables.status())) {
      return CannotBeUsed(options_.request.url, tables.status(),
                          absl::StrCat("createdb -O ", options_.request.url.user, " -E UTF8 ",
                                       options_.request.url.database));
    }
    if (!tables.ok()) return Annotate(tables.status(), Describe(options_.request.url));
    use.tables = tables->size();
    if (!tables->empty()) use.table = tables->front()[0];
    INGOT_ASSIGN_OR_RETURN(const std::vector<Fields> connections, Rows(Query(kConnectionsQuery)));
    if (connections.size() != 1 || !absl::SimpleAtoi(connections[0][0], &use.connections)) {
      return absl::FailedPreconditionError("psql does not count the connections");
    }
    return use;
  }

  absl::Status Inspect(const DumpBytes& dump) override {
    PsqlFilter filter(FilterOptions());
    std::string out;
    INGOT_RETURN_IF_ERROR(dump([&](absl::Span<const char> bytes) {
      out.clear();
      return filter.Feed(bytes, &out);
    }));
    INGOT_RETURN_IF_ERROR(filter.Finish(&out));
    return CheckRoles(filter.roles());
  }

  absl::Status Feed(const DumpBytes& dump) override {
    ClientConnection client = client_;
    std::vector<std::string>& arguments = client.process.arguments;
    if (restricts_) {
      INGOT_ASSIGN_OR_RETURN(const std::string key, RandomKey());
      arguments.push_back(absl::StrCat("--file={secret:", client.process.secret_files.size(), "}"));
      client.process.secret_files.push_back(absl::StrCat("\\restrict ", key, "\n"));
    }
    arguments.push_back("--file=-");
    const std::string name = Describe(options_.request.url);
    PsqlFilter filter(FilterOptions());
    bool begun = false;
    return FeedClient(
        client, Query("SELECT 1"), FeedLimits(), dump,
        {absl::StrCat("nothing was kept, ", name,
                      " is as it was before; where it says \"must be member of role\", restore as "
                      "a superuser or with --no-owner"),
         absl::StrCat("whether ", name,
                      " has kept the dump is not known: when it has tables, drop it and create it "
                      "anew before the next attempt")},
        [&](absl::Span<const char> bytes, std::string* out) {
          // Not --single-transaction: it commits at the end of the input, also where that is early
          // because ingot was killed. On the first line, so that the numbers of lines stay right.
          if (!std::exchange(begun, true)) absl::StrAppend(out, "BEGIN; ");
          return filter.Feed(bytes, out);
        },
        [&filter](std::string* out) {
          const absl::Status status = filter.Finish(out);
          absl::StrAppend(out, "\nCOMMIT;\n");
          return status;
        });
  }

  absl::StatusOr<ContentRows> ReadContentRows(
      absl::FunctionRef<absl::Status(const ReferencedUrl&)> visit) override {
    const std::string& schema = options_.request.schema;
    INGOT_ASSIGN_OR_RETURN(
        const std::vector<Fields> rows,
        Rows(Query(absl::StrCat(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ",
            schema.empty() ? "pg_table_is_visible(c.oid)"
                           : absl::StrCat("n.nspname = ", Literal(schema)),
            " AND c.relname LIKE 'alf\\_content\\_%' AND c.relkind IN ('r', 'p')"))));
    std::vector<std::string> tables;
    for (const Fields& row : rows) tables.push_back(row[0]);
    return ReadContentRowsBy(
        tables,
        [&](const std::string& sql, absl::FunctionRef<absl::Status(const Fields&)> row) {
          ClientConnection client = client_;
          if (!schema.empty()) {
            client.process.arguments.push_back(
                absl::StrCat("--command=SET search_path = ", Name(schema)));
          }
          client.process.arguments.push_back(absl::StrCat("--command=COPY (", sql, ") TO STDOUT"));
          return ForEachRow(client, row);
        },
        visit);
  }

  std::string Afterwards() const override {
    return absl::StrCat("vacuumdb --analyze-only ", options_.request.url.database,
                        " (the planner knows nothing of the tables yet)");
  }

 private:
  PsqlFilterOptions FilterOptions() const {
    return {options_.request.url.database, options_.no_owner};
  }

  ClientConnection Query(const std::string& sql) const {
    ClientConnection client = client_;
    client.process.arguments.push_back(absl::StrCat("--command=", sql));
    return client;
  }

  absl::Status CheckRoles(const std::set<std::string>& roles) {
    if (roles.empty()) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const std::vector<Fields> rows,
                           Rows(Query("SELECT rolname FROM pg_roles")));
    std::set<std::string> missing = roles;
    for (const Fields& row : rows) missing.erase(row[0]);
    if (missing.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "the dump names roles that the server has not, and pg_dump does not hold them: ",
        absl::StrJoin(missing, ", "), "; make them (",
        absl::StrJoin(missing, "; ",
                      [](std::string* out, const std::string& role) {
                        absl::StrAppend(out, "CREATE ROLE ", Name(role));
                      }),
        "), or leave out who owns what with --no-owner"));
  }

  const DatabaseTargetOptions options_;
  const ClientConnection client_;
  const bool restricts_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DatabaseTarget>> OpenPostgresqlTarget(
    const DatabaseTargetOptions& options) {
  const absl::StatusOr<std::string> path = io::FindProgram("psql");
  if (!path.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path.status().message(), "; ", kRemedy));
  }
  INGOT_ASSIGN_OR_RETURN(const std::string version, VersionLine("psql"));
  const bool restricts = KnowsRestrict(version);
  if (version.empty() && !options.unguarded_client) {
    return absl::FailedPreconditionError(
        "psql --version says nothing, so whether it can be kept from running a dump's own commands "
        "is not known: see what it says when you run it");
  }
  if (!restricts && !options.unguarded_client) {
    return absl::InvalidArgumentError(absl::StrCat(
        "psql is too old to be kept from running a dump's own commands (", version,
        "): update it (\\restrict came with 13.22, 14.19, 15.14, 16.10 and 17.6), or, if you know "
        "who made the file, use --force"));
  }
  INGOT_ASSIGN_OR_RETURN(ClientConnection client, PostgresqlConnection("psql", options.request));
  std::vector<std::string>& arguments = client.process.arguments;
  arguments.push_back(absl::StrCat("--dbname=", PostgresqlDatabase(options.request.url.database)));
  arguments.insert(arguments.end(), {"--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
                                     "--field-separator=\t", "--set=ON_ERROR_STOP=1"});
  return std::make_unique<PostgresqlTarget>(options, std::move(client), restricts);
}

}  // namespace ingot::tools
