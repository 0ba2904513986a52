#include "tests/servers.h"

#include <arpa/inet.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace ingot {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(90);
constexpr char kMemoryBase[] = "/dev/shm";
constexpr uint64_t kMemoryBytesMin = uint64_t{1} << 30;  // free there
constexpr char kMariadbDaemon[] = "/usr/sbin/mariadbd";
constexpr absl::Duration kStopLimit = absl::Seconds(20);

// Without its indexes.
constexpr char kDemoSchema[] =
    "CREATE TABLE alf_content_url (id BIGINT PRIMARY KEY, content_url VARCHAR(255) NOT NULL, "
    "content_url_short VARCHAR(12) NOT NULL, content_url_crc BIGINT NOT NULL, "
    "content_size BIGINT NOT NULL, orphan_time BIGINT);"
    "CREATE TABLE alf_content_data (id BIGINT PRIMARY KEY, version BIGINT NOT NULL, content_url_id "
    "BIGINT REFERENCES alf_content_url (id), content_mimetype_id BIGINT, content_encoding_id "
    "BIGINT, content_locale_id BIGINT);"
    "CREATE TABLE alf_qname (id BIGINT PRIMARY KEY, version BIGINT NOT NULL, ns_id BIGINT NOT "
    "NULL, local_name VARCHAR(200) NOT NULL);"
    "CREATE TABLE alf_node (id BIGINT PRIMARY KEY, version BIGINT NOT NULL, store_id BIGINT NOT "
    "NULL, uuid VARCHAR(36) NOT NULL, transaction_id BIGINT NOT NULL, type_qname_id BIGINT NOT "
    "NULL);"
    "CREATE TABLE alf_node_properties (node_id BIGINT NOT NULL, actual_type_n INTEGER NOT NULL, "
    "persisted_type_n INTEGER NOT NULL, boolean_value INTEGER, long_value BIGINT, float_value "
    "FLOAT, double_value DOUBLE PRECISION, string_value VARCHAR(1024), serializable_value INTEGER, "
    "qname_id BIGINT NOT NULL, list_index INTEGER NOT NULL, locale_id BIGINT NOT NULL);";

std::string NewestMatch(const std::string& pattern) {
  glob_t matches = {};
  std::string newest;
  if (glob(pattern.c_str(), 0, nullptr, &matches) == 0 && matches.gl_pathc > 0)
    newest = matches.gl_pathv[matches.gl_pathc - 1];
  globfree(&matches);
  return newest;
}

// False for a zombie, too.
bool Runs(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/stat");
  return access(path.c_str(), F_OK) == 0 && !absl::StrContains(ReadFile(path), ") Z ");
}

std::string Checked(const std::string& command) {
  const ShellResult result = Shell(command);
  EXPECT_EQ(result.exit_code, 0) << command << "\n" << result.error;
  return result.output;
}

class PostgresqlServer : public DatabaseServer {
 public:
  PostgresqlServer() : DatabaseServer("postgresql", "postgresql") {}
  ~PostgresqlServer() override { Stop(SIGINT); }

  bool Start(const std::string& binaries, std::string* why_not) {
    const std::string run = AsUnprivileged("postgres");
    WriteFile(directory_ / "password", password() + "\n");
    chmod((directory_ / "password").c_str(), 0644);
    const ShellResult init =
        Shell(absl::StrCat(run, binaries, "/initdb -D ", directory_ / "data", " -U ", user(),
                           " --pwfile=", directory_ / "password",
                           " --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync"));
    if (init.exit_code != 0) {
      *why_not = "initdb: " + init.error;
      return false;
    }
    Launch(absl::StrCat("exec ", run, binaries, "/postgres -D ", directory_ / "data",
                        " -c listen_addresses=127.0.0.1 -c port=", port(),
                        " -c fsync=off -c max_connections=20",
                        " -c unix_socket_directories=", directory_.path(),
                        " -c shared_memory_type=mmap -c dynamic_shared_memory_type=mmap"));
    WriteFile(directory_ / "probe.sql", "SELECT 1;\n");
    if (WaitUntilReady(Client("postgres") + "< " + (directory_ / "probe.sql"))) return true;
    *why_not = "postgres does not start";
    return false;
  }

  void CreateDatabase(const std::string& name) override {
    Query("postgres", absl::StrCat("CREATE DATABASE \"", name, "\""));
  }
  std::string Client(const std::string& database) const override {
    return absl::StrCat("PGPASSWORD=$(cat ", directory_ / "password", ") psql -X -A -t -q -w",
                        " -v ON_ERROR_STOP=1 -h 127.0.0.1 -p ", port(), " -U ", user(), " -d ",
                        database, " ");
  }
};

class MariadbServer : public DatabaseServer {
 public:
  MariadbServer() : DatabaseServer("mariadb", "mysql") {}
  ~MariadbServer() override { Stop(SIGTERM); }

  bool Start(std::string* why_not) {
    // A server that starts removes other servers' temporary tables from a directory that they
    // share.
    const std::string run =
        absl::StrCat(AsUnprivileged("mysql"), "env TMPDIR=", directory_.path(), " ");
    const ShellResult init =
        Shell(absl::StrCat(run, "mariadb-install-db --no-defaults --datadir=", directory_ / "data",
                           " --auth-root-authentication-method=normal --skip-test-db"));
    if (init.exit_code != 0) {
      *why_not = "mariadb-install-db: " + init.output + init.error;
      return false;
    }
    Launch(absl::StrCat("exec ", run, kMariadbDaemon, " --no-defaults --datadir=",
                        directory_ / "data", " --socket=", Socket(), " --port=", port(),
                        " --bind-address=127.0.0.1 --pid-file=", directory_ / "pid",
                        " --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0",
                        " --character-set-server=utf8mb4 --max-allowed-packet=64M"));
    if (!WaitUntilReady(
            absl::StrCat("mariadb --no-defaults -u root --socket=", Socket(), " -e 'SELECT 1'"))) {
      *why_not = "mariadbd does not start";
      return false;
    }
    std::string quoted;
    for (const char c : password())
      quoted += c == '\\' || c == '\'' ? std::string({'\\', c}) : std::string(1, c);
    WriteFile(directory_ / "users.sql",
              absl::StrCat("CREATE USER '", user(), "'@'%' IDENTIFIED BY '", quoted,
                           "'; GRANT ALL ON *.* TO '", user(), "'@'%' WITH GRANT OPTION;",
                           "ALTER USER root@localhost IDENTIFIED BY '", quoted, "';"));
    Checked(absl::StrCat("mariadb --no-defaults -u root --socket=", Socket(), " < ",
                         directory_ / "users.sql"));
    WriteFile(directory_ / "password", password());
    return true;
  }

  void CreateDatabase(const std::string& name) override {
    Query("mysql", absl::StrCat("CREATE DATABASE `", name, "` CHARACTER SET utf8mb4"));
  }
  std::string Client(const std::string& database) const override {
    return absl::StrCat("MYSQL_PWD=$(cat ", directory_ / "password",
                        ") mariadb --no-defaults --batch --raw --skip-column-names -u ", user(),
                        " --default-character-set=utf8mb4 --max-allowed-packet=64M --socket=",
                        Socket(), " ", database, " ");
  }

 private:
  std::string Socket() const { return directory_ / "socket"; }
};

}  // namespace

ServerDirectory::ServerDirectory() {
  const char* base = std::getenv("TMPDIR");
  struct statvfs space = {};
  if (statvfs(kMemoryBase, &space) == 0 && space.f_bavail * space.f_frsize >= kMemoryBytesMin &&
      access(kMemoryBase, W_OK) == 0) {
    base = kMemoryBase;
  }
  std::string pattern = absl::StrCat(base == nullptr ? "/tmp" : base, "/ingot-server-XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

ServerDirectory::~ServerDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

DatabaseServer::DatabaseServer(const char* scheme, const char* jdbc_scheme)
    : port_(FreePort()), scheme_(scheme), jdbc_scheme_(jdbc_scheme) {}

std::string DatabaseServer::Query(const std::string& database, const std::string& sql) {
  WriteFile(directory_ / "query.sql", sql + "\n;\n");
  return Checked(Client(database) + "< " + (directory_ / "query.sql"));
}

void DatabaseServer::RunFile(const std::string& database, const std::string& path) {
  Checked(Client(database) + "< " + path);
}

void DatabaseServer::CreateFromDemo(const std::string& name, const std::string& repository) {
  WriteFile(
      directory_ / "demo.sql",
      kDemoSchema + Checked("for table in alf_content_url alf_content_data alf_qname alf_node "
                            "alf_node_properties; do sqlite3 -cmd \".mode insert $table\" " +
                            repository + "/alf.db \"SELECT * FROM $table\" || exit 1; done"));
  CreateDatabase(name);
  RunFile(name, directory_ / "demo.sql");
}

std::string DatabaseServer::Url(const std::string& database) const {
  return absl::StrCat(scheme_, "://", user(), "@127.0.0.1:", port(), "/", database);
}

std::string DatabaseServer::Properties(const std::string& database, const std::string& username,
                                       const std::string& password) const {
  return absl::StrCat("db.url=jdbc:", jdbc_scheme_, "://127.0.0.1:", port(), "/", database,
                      "\ndb.username=", username,
                      "\ndb.password=", absl::StrReplaceAll(password, {{"\\", "\\\\"}}), "\n");
}

std::string DatabaseServer::AsUnprivileged(const std::string& user) const {
  if (geteuid() != 0) return "";
  const passwd* account = getpwnam(user.c_str());
  if (account == nullptr) account = getpwnam("nobody");
  if (account == nullptr ||
      chown(directory_.path().c_str(), account->pw_uid, account->pw_gid) != 0) {
    ADD_FAILURE() << "no unprivileged user for the server";
    return "false ";
  }
  // The change of user clears what makes a server end with us: set it again.
  return absl::StrCat("setpriv --reuid=", account->pw_uid, " --regid=", account->pw_gid,
                      " --clear-groups --pdeathsig=KILL env HOME=", directory_.path(), " ");
}

void DatabaseServer::Launch(const std::string& command) {
  absl::StatusOr<io::Process> process = io::Process::Start({{"bash", "-c", command}, {}, {}, {}});
  ASSERT_OK(process);
  process_ = std::make_unique<io::Process>(*std::move(process));
}

bool DatabaseServer::WaitUntilReady(const std::string& probe) {
  const absl::Time deadline = absl::Now() + kStartLimit;
  while (process_ != nullptr && Runs(process_->pid()) && absl::Now() < deadline) {
    if (Shell(probe).exit_code == 0) return true;
    absl::SleepFor(absl::Milliseconds(100));
  }
  return false;
}

void DatabaseServer::Stop(int signal) {
  if (process_ == nullptr) return;
  kill(process_->pid(), signal);
  const absl::Time deadline = absl::Now() + kStopLimit;
  while (Runs(process_->pid()) && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(20));
  process_ = nullptr;  // kills what is left
}

std::unique_ptr<DatabaseServer> StartPostgresql(std::string* why_not) {
  const std::string server = NewestMatch("/usr/lib/postgresql/*/bin/postgres");
  if (server.empty() || Shell("command -v psql pg_dump").exit_code != 0) {
    *why_not = "the packages postgresql and postgresql-client are missing";
    return nullptr;
  }
  auto started = std::make_unique<PostgresqlServer>();
  if (!started->Start(server.substr(0, server.rfind('/')), why_not)) return nullptr;
  return started;
}

std::unique_ptr<DatabaseServer> StartMariadb(std::string* why_not) {
  if (access(kMariadbDaemon, X_OK) != 0 ||
      Shell("command -v mariadb mariadb-dump mariadb-install-db").exit_code != 0) {
    *why_not = "the packages mariadb-server and mariadb-client are missing";
    return nullptr;
  }
  auto started = std::make_unique<MariadbServer>();
  if (!started->Start(why_not)) return nullptr;
  return started;
}

uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  EXPECT_TRUE(bound);
  return ntohs(address.sin_port);
}

}  // namespace ingot
