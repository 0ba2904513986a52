// Real database servers for tests: in a scratch directory, on a free port of loopback, as an
// unprivileged user, with passwords required. They end with the object, and with the process
// however it ends.
#pragma once

#include <memory>
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
  // SQL from a string or a file, through the vendor's client; errors fail the test. The output has
  // a row per line, without a header.
  virtual std::string Query(const std::string& database, const std::string& sql) = 0;
  virtual void RunFile(const std::string& database, const std::string& path) = 0;
  virtual void CreateDatabase(const std::string& name) = 0;
  // The vendor's client as the start of a shell command: it runs what it reads from standard input,
  // and ends at the first error.
  virtual std::string Client(const std::string& database) const = 0;
  // "postgresql://owner@127.0.0.1:PORT/<database>"
  virtual std::string Url(const std::string& database) const = 0;

  uint16_t port() const { return port_; }
  // Full of characters that need escaping somewhere.
  static std::string password() { return "p:a\\ss'w\"o#r;d %{}$=tail" + std::string(letters()); }
  // As they are however a password is escaped.
  static constexpr char const* letters() { return "Xq7Lm29vTzKw84RbNc"; }
  static std::string user() { return "owner"; }

 protected:
  DatabaseServer();
  std::string AsUnprivileged(const std::string& user) const;  // "setpriv ... " when we are root
  void Launch(const std::string& command);
  // Runs `probe` until it succeeds.
  bool WaitUntilReady(const std::string& probe);
  void Stop(int signal);

  ServerDirectory directory_;
  uint16_t port_;
  std::unique_ptr<io::Process> process_;
};

// Null, with *why_not, when the Debian packages (postgresql, mariadb-server) are not there or the
// server does not start.
std::unique_ptr<DatabaseServer> StartPostgresql(std::string* why_not);
std::unique_ptr<DatabaseServer> StartMariadb(std::string* why_not);

// A port of 127.0.0.1 where nobody listens now.
uint16_t FreePort();

}  // namespace ingot
