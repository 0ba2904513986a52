// A password is looked for wherever it might have got: arguments, environments, everything that was
// printed or written, core files.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/command.h"
#include "tests/e2e/process_watch.h"
#include "tests/e2e/running_command.h"
#include "tests/servers.h"

namespace ingot {
namespace {

// Of the servers' password what is the same however it is escaped, in base64, too.
std::vector<std::string> Needles() {
  const std::string letters = DatabaseServer::letters();
  std::vector<std::string> needles = {"o#r;d %{}$=tail", letters};
  for (size_t before = 0; before < 3; ++before) {
    // Groups of three bytes, of which the first and the last may hold others.
    const size_t whole = (letters.size() - 2) / 3 * 4;
    needles.push_back(absl::Base64Escape(std::string(before, ' ') + letters).substr(4, whole - 4));
  }
  return needles;
}

bool Holds(const std::string& text) {
  static const std::vector<std::string> needles = Needles();
  return std::any_of(needles.begin(), needles.end(), [&text](const std::string& needle) {
    return absl::StrContains(text, needle);
  });
}

// A program built with a sanitizer, and what it starts, leaves no core file unless told otherwise.
constexpr char kSanitizersLeaveCoreFiles[] =
    "export ASAN_OPTIONS=$ASAN_OPTIONS:disable_coredump=0"
    " TSAN_OPTIONS=$TSAN_OPTIONS:disable_coredump=0; ";

struct Vendor {
  const char* name;
  std::unique_ptr<DatabaseServer> (*start)(std::string* why_not);
  const char* programs;  // of the client
  const char* lock;      // what makes a dump wait
  const char* wait;
  const char* dump_program;
  const char* client;
};
void PrintTo(const Vendor& vendor, std::ostream* out) { *out << vendor.name; }
constexpr Vendor kVendors[] = {
    {"Postgresql", StartPostgresql, "pg_dump psql",
     "BEGIN; LOCK TABLE alf_content_url IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(300)",
     "pg_dump", "psql"},
    {"Mariadb", StartMariadb, "mariadb-dump mariadb mysqldump mysql",
     "LOCK TABLES alf_content_url WRITE", "SELECT SLEEP(300)", "dump", "mysql"},
};

class SecretsTest : public testing::TestWithParam<Vendor> {
 protected:
  void SetUp() override {
    if (!IsRoot()) SKIP_OR_FAIL("needs root, to look at all processes");
    std::string why_not;
    server_ = GetParam().start(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    const std::string password = DatabaseServer::password();
    for (const char* before : {"", "1", "12"}) {
      ASSERT_TRUE(Holds(absl::Base64Escape(before + password)));
    }
    ASSERT_TRUE(Holds(password) && Holds(absl::StrReplaceAll(password, {{" ", "%20"}})));
    ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir work work/tmp root root/contentstore elsewhere && "
                                       "echo x > root/contentstore/f"));
    server_->CreateDatabase("alfresco");
    server_->Query("alfresco",
                   "CREATE TABLE alf_content_url (id BIGINT PRIMARY KEY, content_url VARCHAR(255) "
                   "NOT NULL, content_url_short VARCHAR(12) NOT NULL, content_url_crc BIGINT NOT "
                   "NULL, content_size BIGINT NOT NULL, orphan_time BIGINT)");
    server_->Query("alfresco",
                   "CREATE TABLE alf_content_data (id BIGINT PRIMARY KEY, version BIGINT NOT NULL, "
                   "content_url_id BIGINT, content_mimetype_id BIGINT, content_encoding_id BIGINT, "
                   "content_locale_id BIGINT)");
    WriteProperties("alfresco-global.properties", "root", "alfresco");
    WriteFile(scratch_ / "elsewhere/password", DatabaseServer::password() + "\n");
  }

  void WriteProperties(const std::string& name, const std::string& root,
                       const std::string& database) {
    WriteFile(scratch_ / ("elsewhere/" + name),
              absl::StrCat("dir.root=", scratch_ / root, "\n", server_->Properties(database),
                           "index.subsystem.name=noindex\n"));
  }

  // Its programs run for a while, so that each is seen.
  std::string Slowly() {
    return absl::StrCat(
        "mkdir -p bin; for p in ", GetParam().programs,
        "; do printf '#!/bin/bash\\nsleep 0.2\\nPATH=/usr/bin:/bin exec %s \"$@\"\\n' "
        "$p > bin/$p; done; chmod 755 bin/*; export PATH=$PWD/bin:$PATH; ");
  }
  std::string Backup(const std::string& how) {
    return absl::StrCat(IngotBackup(), how, " --alfresco ",
                        scratch_ / "elsewhere/alfresco-global.properties ");
  }

  // Whether it is the shell of --dump-command, which runs the word kDumpShell, or what that has
  // started: their process group is theirs alone, but for the guard.
  bool IsOfTheDumpCommand(const std::string& pid, const std::string& arguments) {
    const std::string stat = OfProcess(pid, "stat");
    const std::vector<std::string> fields =
        absl::StrSplit(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)), ' ');
    if (fields.size() < 4 || absl::StrContains(arguments, "ingot")) return false;
    const std::string leader = OfProcess(fields[3], "cmdline");
    if (absl::StrContains(leader, kDumpShell) && !absl::StrContains(leader, "--dump-command"))
      dump_groups_.insert(fields[3]);
    return dump_groups_.contains(fields[3]);  // the leader may have ended by now
  }

  // Of all processes of ours meanwhile; those that have it in their environment as they should are
  // in `holders_`.
  ShellResult RunWatched(const std::string& command, const std::string& program) {
    ShellResult result;
    std::set<std::string> seen;
    holders_.clear();
    {
      const ProcessWatch watch(scratch_ / "work", [&](const std::string& pid) {
        const std::string arguments = OfProcess(pid, "cmdline");
        EXPECT_FALSE(Holds(arguments)) << arguments;
        if (Holds(OfProcess(pid, "environ"))) {
          EXPECT_TRUE(IsOfTheDumpCommand(pid, arguments)) << arguments;
          holders_.insert(pid);
        }
        for (const std::string& word : {std::string("ingot-guard"), program})
          if (absl::StrContains(arguments, word)) seen.insert(word);
      });
      EXPECT_TRUE(ExitsWith(
          0, absl::StrCat("cd ", scratch_ / "work", "; export TMPDIR=$PWD/tmp; ", command),
          &result));
    }
    EXPECT_TRUE(seen.contains(program)) << "it was not seen at work";
    EXPECT_TRUE(seen.contains("ingot-guard"));
    return result;
  }

  void ExpectInNoFile(const std::string& directories) {
    WriteFile(scratch_ / "needles", absl::StrJoin(Needles(), "\n"));
    EXPECT_TRUE(ExitsWith(1, in_scratch_ + "grep -raFf needles " + directories));
  }

  // Every byte that was printed or written, what is compressed in them as well.
  void ExpectNowhere(const ShellResult& result) {
    EXPECT_FALSE(Holds(result.output + result.error)) << result.output << result.error;
    ExpectInNoFile("work root");
    for (const std::string& needle : Needles()) {
      WriteFile(scratch_ / "needle", needle);
      EXPECT_TRUE(Succeeds(in_scratch_ + E2eScript("grep_container.py") +
                           "--absent needle work/f.tar.zst"));
    }
    for (const char* look : {"verify", "info --json", "info", "list -l", "list --json",
                             "cat f.tar.zst ingot/manifest.json #"}) {
      const ShellResult told = Shell(absl::StrCat(
          "cd ", scratch_ / "work", "; ", IngotCommand(), absl::StrReplaceAll(look, {{" #", ""}}),
          absl::StrContains(look, "#") ? "" : " f.tar.zst"));
      EXPECT_EQ(told.exit_code, 0) << look << told.error;
      EXPECT_FALSE(Holds(told.output + told.error)) << look;
    }
  }

  void OfTheProperties() {
    ExpectNowhere(
        RunWatched(Slowly() + Backup("--json") + "-o f.tar.zst", GetParam().dump_program));
    EXPECT_THAT(holders_, testing::IsEmpty());
  }

  // The client has it in its memory alone, as the dump program has.
  void OfARestore() {
    server_->CreateDatabase("restored");
    WriteProperties("restored.properties", "restored", "restored");
    const ShellResult result =
        RunWatched(absl::StrCat(Slowly(), IngotCommand(), "restore f.tar.zst --alfresco ",
                                scratch_ / "elsewhere/restored.properties"),
                   GetParam().client);
    EXPECT_FALSE(Holds(result.output + result.error)) << result.output << result.error;
    EXPECT_THAT(holders_, testing::IsEmpty());
    ExpectInNoFile("work restored");
  }

  void OfAPasswordFileToAPipe() {
    ExpectNowhere(RunWatched(Slowly() + Backup("--password-file ../elsewhere/password --perf") +
                                 "-o - | cat > f.tar.zst",
                             GetParam().dump_program));
    EXPECT_THAT(holders_, testing::IsEmpty());
  }

  // The shell and what it starts have it in their environment: the guard and other children do not.
  void OfADumpCommand() {
    ExpectNowhere(
        RunWatched(absl::StrCat(Slowly(), Backup("--password-file ../elsewhere/password --force"),
                                "--dump-command ': ", kDumpShell,
                                "; [ ${#INGOT_DB_PASSWORD} = ", DatabaseServer::password().size(),
                                " ] && sleep 0.6 && (sleep 0.6; :) && echo x' -o f.tar.zst"),
                   kDumpShell));
    EXPECT_GE(holders_.size(), 3u) << "the shell, another one, sleep";
  }

  // What the dump program says is shown; what it knows is not.
  void OfADumpThatFails() {
    ShellResult result;
    EXPECT_TRUE(ExitsWith(5,
                          absl::StrCat("cd ", scratch_ / "work", "; TMPDIR=$PWD/tmp ",
                                       Backup("--password-file ../elsewhere/password --json"),
                                       "--dump-command 'echo \"$INGOT_DB_PASSWORD\" >&2; exit 1' "
                                       "--force -o f.tar.zst"),
                          &result));
    EXPECT_THAT(result.error, testing::HasSubstr("***"));
    EXPECT_FALSE(Holds(result.error)) << result.error;
  }

  // The dump program with the password in its memory; empty when it does not come.
  std::string AwaitDumpProgram(const RunningCommand& command) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (absl::Now() < deadline && !command.HasEnded()) {
      for (const std::string& pid : ProcessesIn(scratch_ / "work")) {
        const std::string arguments = OfProcess(pid, "cmdline");
        const bool dumps = absl::StrContains(arguments, GetParam().dump_program) &&
                           absl::StrContains(arguments, "alfresco") &&
                           !absl::StrContains(arguments, "ingot");
        if (!dumps) continue;
        absl::SleepFor(absl::Milliseconds(500));  // it logs in, and waits for the lock
        return pid;
      }
      absl::SleepFor(absl::Milliseconds(10));
    }
    return "";
  }

  // ingot and its dump program, both with the password in memory, end where they may leave a core
  // file; as somebody whom the kernel would let look into their own processes.
  void OfACoreFile() {
    const RunningCommand holder(
        {"/bin/bash", "-c",
         absl::StrCat(server_->Client("alfresco"), "-n <<< \"", GetParam().lock,
                      "; SELECT 'locked'; ", GetParam().wait, ";\"")},
        scratch_.path(), scratch_ / "locked", "");
    ASSERT_TRUE(Succeeds(in_scratch_ + "for i in {1..1200}; do if grep -q locked locked; then exit "
                                       "0; fi; sleep 0.05; done; exit 1"));
    ASSERT_TRUE(Succeeds(in_scratch_ + "cp " + Quote(INGOT_BINARY) +
                         " ingot && chown -R 65534 work root elsewhere && chmod 755 ."));
    RunningCommand command(
        {"/bin/bash", "-c",
         absl::StrCat(kSanitizersLeaveCoreFiles,
                      "export TMPDIR=$PWD/tmp; ulimit -c unlimited; exec ", kAsNobody,
                      "../ingot backup -q --force -o f.tar.zst --io ", TestEngineName(),
                      " --alfresco ../elsewhere/alfresco-global.properties")},
        scratch_ / "work", "", scratch_ / "error");
    const std::string ours = absl::StrCat(command.pid());
    const std::string dump = AwaitDumpProgram(command);
    ASSERT_NE(dump, "") << ReadFile(scratch_ / "error");
    EXPECT_EQ(Shell("stat -c %U /proc/" + ours + "/mem /proc/" + ours + "/environ").output,
              "root\nroot\n");
    EXPECT_EQ(OfProcess(ours, "coredump_filter"), "00000000\n");
    EXPECT_EQ(OfProcess(dump, "coredump_filter"), "00000000\n");
    kill(std::atoi(dump.c_str()), SIGABRT);
    absl::SleepFor(absl::Milliseconds(300));
    command.Signal(SIGABRT);
    command.Wait();
    ASSERT_TRUE(AllEndIn(scratch_ / "work", absl::Seconds(10)));
    ExpectInNoFile("work");
    const std::string pattern = ReadFile("/proc/sys/kernel/core_pattern");
    if (!absl::StartsWith(pattern, "core") || absl::StrContains(pattern, '/'))
      SKIP_OR_FAIL("core files go where they cannot be searched: " + pattern);
    EXPECT_NE(Shell("ls -A " + (scratch_ / "work/core") + "*").output, "")
        << "the dump program left no core file: this proves little";
  }

  static constexpr char kDumpShell[] = "the-dump-itself";
  std::set<std::string> dump_groups_;
  std::set<std::string> holders_;
  ServerDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::unique_ptr<DatabaseServer> server_;
};

TEST_P(SecretsTest, AreNowhere) {
  OfTheProperties();
  OfARestore();
  OfAPasswordFileToAPipe();
  OfADumpCommand();
  OfADumpThatFails();
  OfACoreFile();
}

INSTANTIATE_TEST_SUITE_P(Vendors, SecretsTest, testing::ValuesIn(kVendors),
                         [](const testing::TestParamInfo<Vendor>& vendor) {
                           return std::string(vendor.param.name);
                         });

}  // namespace
}  // namespace ingot
