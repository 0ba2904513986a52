// Who may read what, from the first moment on; and what ingot itself needs to be allowed.
#include <sys/stat.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "tests/e2e/command.h"
#include "tests/e2e/running_command.h"
#include "tests/servers.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class RightsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!IsRoot()) SKIP_OR_FAIL("needs root, to become somebody else");
    ASSERT_TRUE(Succeeds(in_scratch_ + "chmod 755 . && cp " + Quote(INGOT_BINARY) +
                         " ingot && mkdir home && chown 65534:65534 home"));
  }

  // The modes of all files that the process has open for writing in the directory, named or not.
  std::string ModesOfOpenFiles(pid_t pid, const std::string& directory) {
    return Shell(absl::StrCat("cd /proc/", pid, "/fd; for fd in *; do case $(readlink $fd) in ",
                              directory,
                              "/*) [ -f $fd ] && stat -L -c %a $fd;; esac; done | sort -u"))
        .output;
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

// While the dump waits the container is there, in part, and what is put aside for a pipe as well.
TEST_F(RightsTest, AContainerInTheMakingIsForItsOwnerAlone) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir content target && echo x > content/f && mkfifo go && "
                                     "setfacl -d -m u:65533:rwx,g:65533:rwx,m:rwx target"));
  for (const char* umask : {"000", "077", "0777"}) {
    for (const bool unnamed : {true, false}) {
      std::optional<WithoutUnnamedFiles> without;
      if (!unnamed) without.emplace(INGOT_NO_TMPFILE_LIBRARY);
      for (const char* output : {"target/f.tar.zst", "-"}) {
        SCOPED_TRACE(
            absl::StrCat("umask ", umask, unnamed ? "" : ", with a name,", " to ", output));
        RunningCommand command(
            {"/bin/bash", "-c",
             absl::StrCat("umask ", umask, "; export TMPDIR=$PWD/target", "; exec ", IngotBackup(),
                          "-q --content content --dump-command ",
                          "'head -c 9000000 /dev/urandom; echo > stalled; cat go' -o ", output)},
            scratch_.path(), scratch_ / "stream", scratch_ / "error");
        ASSERT_TRUE(command.AwaitFile(scratch_ / "stalled")) << ReadFile(scratch_ / "error");
        EXPECT_EQ(ModesOfOpenFiles(command.pid(), scratch_ / "target"), "600\n")
            << ReadFile(scratch_ / "error");
        ASSERT_TRUE(Succeeds(in_scratch_ + "rm -f stalled && echo end > go"));
        EXPECT_EQ(command.Wait(), 0) << ReadFile(scratch_ / "error");
        if (output[0] != '-') {
          EXPECT_EQ(Shell("stat -c %a " + (scratch_ / "target/f.tar.zst")).output, "600\n");
          // Those whom the directory's default names may have entries; the mask gives them nothing.
          EXPECT_TRUE(Succeeds(in_scratch_ +
                               "(setpriv --reuid=65533 --regid=65533 --clear-groups cat "
                               "target/f.tar.zst; [ $? = 1 ]) 2> /dev/null"));
        }
        ASSERT_TRUE(Succeeds(in_scratch_ + "rm -f target/f.tar.zst && [ -z \"$(ls -A target)\" ]"));
      }
    }
  }
}

// What a path has in the end, and what it may have until then.
struct Final {
  mode_t mode = 0;
  uid_t uid = 0;
  off_t size = 0;
};

// Looks at all paths again and again while they are restored.
class RestoreWatch {
 public:
  RestoreWatch(std::map<std::string, Final> finals) : finals_(std::move(finals)) {
    thread_ = std::thread([this] {
      while (!stop_) Look();
    });
  }
  ~RestoreWatch() {
    stop_ = true;
    thread_.join();
    EXPECT_GT(in_the_making_, 100) << "nothing was seen in the making: this proves little";
  }

 private:
  void Look() {
    for (const auto& [path, last] : finals_) {
      struct stat now = {};
      if (lstat(path.c_str(), &now) != 0) continue;
      const mode_t mode = now.st_mode & 07777;
      const mode_t closed = S_ISDIR(now.st_mode) ? 0700 : 0600;
      if (mode == closed) {
        if (mode != last.mode) ++in_the_making_;
        continue;
      }
      EXPECT_EQ(mode & ~last.mode, 0u) << path << std::oct << " " << mode << " " << last.mode;
      EXPECT_EQ(now.st_uid, last.uid) << path << " has its mode before its owner";
      if (S_ISREG(now.st_mode)) {
        EXPECT_EQ(now.st_size, last.size) << path << " is open too early";
      }
    }
  }

  const std::map<std::string, Final> finals_;
  std::atomic<bool> stop_{false};
  std::atomic<int> in_the_making_{0};
  std::thread thread_;
};

TEST_F(RightsTest, ARestoreNeverGivesMoreThanInTheEnd) {
  ASSERT_TRUE(Succeeds(
      in_scratch_ +
      "mkdir tree && for i in {1..20}; do mkdir tree/d$i; for j in {1..12}; do head -c $((i * "
      "999)) "
      "/dev/urandom > tree/d$i/f$j; done; chmod 600 tree/d$i/f1; chmod 444 tree/d$i/f2; chmod 4755 "
      "tree/d$i/f3; chmod 2750 tree/d$i/f4; chmod 0 tree/d$i/f5; chmod 777 tree/d$i/f6; chown -h "
      "1234:5678 tree/d$i/*; chmod 4711 tree/d$i/f3; chmod 6777 tree/d$i/f7; mkfifo -m 640 "
      "tree/d$i/fifo; mkdir -m 2770 tree/d$i/shared; setfacl -m u:77:rw,g::-,m:rw tree/d$i/f8; "
      "chown "
      "1234 tree/d$i; done; chmod 500 tree/d1; chmod 711 tree/d2; chmod 1777 tree/d3; head -c "
      "9000000 "
      "/dev/urandom > tree/large; chmod 644 tree/large && " +
      IngotCreate() + "-q -o f.tar.zst tree && mkdir out"));
  std::map<std::string, Final> finals;
  const std::string tree = scratch_ / "tree";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree)) {
    struct stat stat = {};
    ASSERT_EQ(lstat(entry.path().c_str(), &stat), 0);
    finals[scratch_ / ("out/tree" + entry.path().string().substr(tree.size()))] = {
        stat.st_mode & 07777, stat.st_uid, stat.st_size};
  }
  const RestoreWatch watch(std::move(finals));
  for (const char* how : {"", "--limit-write 8M"}) {
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf out/tree; umask 000; " + IngotCommand() +
                         "restore f.tar.zst -C out " + how));
    EXPECT_TRUE(SameTrees(tree, scratch_ / "out/tree"));
  }
}

TEST_F(RightsTest, NobodySnapshotsAndRestoresWhatIsTheirs) {
  ASSERT_TRUE(Succeeds(in_scratch_ +
                       "cd home && mkdir tree && echo content > tree/f && setfattr -n "
                       "user.a -v 1 tree/f && chmod 444 tree/f && ln tree/f tree/g && "
                       "ln -s f tree/h && chmod 500 tree && chown -hR 65534:65534 tree"));
  EXPECT_TRUE(Succeeds(in_scratch_ + "cd home && " + kAsNobody + "../ingot create --io " +
                       TestEngineName() + " -o f.tar.zst tree && " + kAsNobody +
                       "../ingot verify f.tar.zst && " + kAsNobody +
                       "../ingot restore f.tar.zst -C out"));
  EXPECT_TRUE(SameTrees(scratch_ / "home/tree", scratch_ / "home/out/tree"));
}

// What README says for whom root's rights are too many: one capability, to read everything.
TEST_F(RightsTest, OneCapabilityReadsEverything) {
  ASSERT_TRUE(Succeeds(in_scratch_ +
                       "mkdir -m 700 tree && echo content > tree/f && chmod 0 tree/f && "
                       "mkdir -m 0 tree/d && echo x > tree/d/g && chmod 600 tree/d/g && "
                       "setfattr -n user.a -v 1 tree/d/g && chmod 0700 tree/d"));
  const std::string command = absl::StrCat("home/f.tar.zst tree");
  const std::string capable = absl::StrCat(
      kAsNobody, "--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search ",
      "--bounding-set=-all,+dac_read_search ");
  EXPECT_TRUE(ExitsWith(3, in_scratch_ + kAsNobody + "./ingot create -o " + command));
  EXPECT_TRUE(Succeeds(in_scratch_ + capable + "./ingot create --force --io " + TestEngineName() +
                       " -o " + command));
  EXPECT_TRUE(Succeeds(in_scratch_ + capable + "./ingot backup --io " + TestEngineName() +
                       " --dump-command 'echo x' --content tree -o home/b.tar.zst"));
  for (const std::string name : {"f", "b"}) {
    ASSERT_TRUE(Succeeds(absl::StrCat(in_scratch_, "mkdir ", name, " && ", IngotCommand(),
                                      "restore home/", name, ".tar.zst -C ", name)));
    EXPECT_TRUE(SameTrees(scratch_ / "tree", scratch_ / (name + "/tree")));
  }
}

TEST_F(RightsTest, ABackupIntoAClosedDirectoryDoesNotBegin) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir tree && echo x > tree/f && chmod 777 ."));
  ShellResult result;
  EXPECT_TRUE(ExitsWith(1,
                        in_scratch_ + "chmod 555 home && " + kAsNobody + "./ingot backup --io " +
                            TestEngineName() +
                            " -q --dump-command 'touch dumped; echo x' --content tree -o "
                            "home/f.tar.zst",
                        &result));
  EXPECT_EQ(result.error, absl::StrCat("ingot: error: [target] write to ", scratch_ / "home",
                                       ": Permission denied; run as a user who may, or name "
                                       "another target\n"));
  EXPECT_EQ(Shell("ls -A " + (scratch_ / "home")).output, "");
  EXPECT_NE(access((scratch_ / "dumped").c_str(), F_OK), 0);
}

// An account of the database that can do nothing but what README asks for.
class DatabaseRightsTest : public RightsTest {
 protected:
  // Somebody who owns only the target, with the rights that the SQL gives to the account "backup".
  void BacksUp(DatabaseServer* server, const std::string& objects, const std::string& grants) {
    server->CreateDatabase("dms");
    server->Query("dms", "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(99))");
    server->Query("dms", "INSERT INTO t VALUES (1, 'one')");
    server->Query("dms", "CREATE VIEW v AS SELECT name FROM t");
    server->Query("dms", objects);
    server->Query("dms", grants);
    WriteFile(scratch_ / "home/password", "only to read\n");
    ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir home/content && echo x > home/content/f && chown -R "
                                       "65534:65534 home && chmod 400 home/password"));
    const std::string url = absl::StrReplaceAll(server->Url("dms"), {{"owner@", "backup@"}});
    ShellResult result;
    EXPECT_TRUE(Succeeds(in_scratch_ + "cd home && HOME=$PWD " + kAsNobody +
                             "../ingot backup --io " + TestEngineName() + " --database " + url +
                             " --password-file password --content content -o f.tar.zst",
                         &result));
    EXPECT_THAT(result.error, testing::Not(HasSubstr("could not check")));
    const ShellResult dump =
        Shell(in_scratch_ + IngotCommand() + "cat home/f.tar.zst database/dms.sql");
    EXPECT_THAT(dump.output, testing::AllOf(HasSubstr("one"), HasSubstr("VIEW")));
    server->CreateDatabase("second");
    WriteFile(scratch_ / "dump.sql", dump.output);
    server->RunFile("second", scratch_ / "dump.sql");
    // View, trigger and function are there and work.
    server->Query("second", "INSERT INTO t VALUES (2, 'two')");
    EXPECT_EQ(server->Query("second", "SELECT name FROM v ORDER BY name"), "one\ntwo!\n");
    EXPECT_EQ(server->Query("second", "SELECT twice(21)"), "42\n");
  }
};

TEST_F(DatabaseRightsTest, Postgresql) {
  std::string why_not;
  const std::unique_ptr<DatabaseServer> server = StartPostgresql(&why_not);
  if (server == nullptr) SKIP_OR_FAIL(why_not);
  BacksUp(server.get(),
          "CREATE SEQUENCE numbers; SELECT nextval('numbers'); "
          "CREATE FUNCTION twice(n BIGINT) RETURNS BIGINT LANGUAGE sql AS 'SELECT n * 2'; "
          "CREATE FUNCTION mark() RETURNS TRIGGER LANGUAGE plpgsql AS "
          "'BEGIN NEW.name := NEW.name || ''!''; RETURN NEW; END'; "
          "CREATE TRIGGER mark BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION mark()",
          "CREATE ROLE backup LOGIN PASSWORD 'only to read'; GRANT pg_read_all_data TO backup");
  if (HasFailure()) return;
  EXPECT_EQ(server->Query("second", "SELECT nextval('numbers')"), "2\n");
}

TEST_F(DatabaseRightsTest, Mariadb) {
  std::string why_not;
  const std::unique_ptr<DatabaseServer> server = StartMariadb(&why_not);
  if (server == nullptr) SKIP_OR_FAIL(why_not);
  BacksUp(server.get(),
          "CREATE TRIGGER mark BEFORE INSERT ON t FOR EACH ROW SET NEW.name = CONCAT(NEW.name, "
          "'!'); CREATE FUNCTION twice(n BIGINT) RETURNS BIGINT DETERMINISTIC RETURN n * 2; "
          "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM t WHERE id < 0",
          "CREATE USER backup@'%' IDENTIFIED BY 'only to read'; GRANT SELECT, SHOW VIEW, TRIGGER, "
          "EVENT ON dms.* TO backup@'%'; GRANT SELECT ON mysql.proc TO backup@'%'");
  if (HasFailure()) return;
  EXPECT_EQ(server->Query("second",
                          "SELECT event_name FROM information_schema.events WHERE event_schema = "
                          "'second'"),
            "nightly\n");
}

}  // namespace
}  // namespace ingot
