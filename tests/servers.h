// Real database servers for tests: in a scratch directory, on a free port of loopback, as an
// unprivileged user, with passwords required. They end with the object, and with the process
// however it ends.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "io/process.h"
#include "tests/testing.h"

namespace ingot {

// As ScratchDirectory, in memory where there is room: setting up a server waits for fsync, and
// takes seven times as long on a disk.
class ServerDirectory {
 public:
  ServerDirectory();
  ~ServerDirectory();
  ServerDirectory(const ServerDirectory&) = delete;
  ServerDirectory& operator=(const ServerDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class DatabaseServer {
 public:
  virtual ~DatabaseServer() = default;
  virtual void CreateDatabase(const std::string& name) = 0;
  // The vendor's client as the start of a shell command: it runs what it reads from standard input,
  // and ends at the first error.
  virtual std::string Client(const std::string& database) const = 0;

  // SQL from a string or a file, through the vendor's client; errors fail the test. The output has
  // a row per line, without a header.
  std::string Query(const std::string& database, const std::string& sql);
  void RunFile(const std::string& database, const std::string& path);
  // A new database with the rows of a repository that make_demo_repository.py made.
  void CreateFromDemo(const std::string& name, const std::string& repository);
  // "postgresql://owner@127.0.0.1:PORT/<database>"
  std::string Url(const std::string& database) const;
  // What alfresco-global.properties says of a database: lines, the last one's end too.
  std::string Properties(const std::string& database, const std::string& username = user(),
                         const std::string& password = DatabaseServer::password()) const;

  uint16_t port() const { return port_; }
  // Full of characters that need escaping somewhere.
  static std::string password() { return "p:a\\ss'w\"o#r;d %{}$=tail" + std::string(letters()); }
  // As they are however a password is escaped.
  static constexpr char const* letters() { return "Xq7Lm29vTzKw84RbNc"; }
  static std::string user() { return "owner"; }

 protected:
  // The schemes of ingot's own URLs and of JDBC's.
  DatabaseServer(const char* scheme, const char* jdbc_scheme);
  std::string AsUnprivileged(const std::string& user) const;  // "setpriv ... " when we are root
  void Launch(const std::string& command);
  // Runs `probe` until it succeeds.
  bool WaitUntilReady(const std::string& probe);
  void Stop(int signal);

  ServerDirectory directory_;
  uint16_t port_;
  std::unique_ptr<io::Process> process_;

 private:
  const std::string scheme_;
  const std::string jdbc_scheme_;
};

// Null, with *why_not, when the Debian packages (postgresql, mariadb-server) are not there or the
// server does not start.
std::unique_ptr<DatabaseServer> StartPostgresql(std::string* why_not);
std::unique_ptr<DatabaseServer> StartMariadb(std::string* why_not);

// What a test runs once for each vendor.
struct ServerVendor {
  const char* name;
  std::unique_ptr<DatabaseServer> (*start)(std::string* why_not);
};
inline constexpr ServerVendor kServerVendors[] = {{"postgresql", StartPostgresql},
                                                  {"mariadb", StartMariadb}};
inline void PrintTo(const ServerVendor& vendor, std::ostream* out) { *out << vendor.name; }

// A port of 127.0.0.1 where nobody listens now.
uint16_t FreePort();

}  // namespace ingot
