// Every operation of a backup and of a restore by alfresco-global.properties fails once, with an
// SQLite database and the snapshots of two indexes: the dump that is published is whole, the
// restored database whole or absent.
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/faults/faulty.h"
#include "tests/faults/rules.h"
#include "tests/tools/lucene_files.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kUsualFaults = 120;

class AlfrescoSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(
        in_scratch_ +
        "mkdir -p old/root/contentstore/2024 old/root/contentstore.deleted "
        "old/root/audit.contentstore new target && "
        "seq 20000 > old/root/contentstore/2024/a.bin && printf b > old/root/contentstore/b.bin && "
        "sqlite3 old/alf.db '"
        "CREATE TABLE alf_content_url (id INTEGER PRIMARY KEY, content_url TEXT, "
        "content_url_short TEXT, content_url_crc BIGINT, content_size BIGINT, orphan_time BIGINT);"
        "CREATE TABLE alf_content_data (id INTEGER PRIMARY KEY, content_url_id BIGINT);"
        "INSERT INTO alf_content_url VALUES (1, \"store://2024/a.bin\", \"//2024/a.bin\", "
        "2658225908, 108894, NULL), "
        "(2, \"store://b.bin\", \"tore://b.bin\", 622448911, 1, NULL);"
        "INSERT INTO alf_content_data VALUES (1, 1), (2, 2);'"));
    // Not of a time: what has digits is told in another way.
    for (const char* core : {"alfresco", "archive"}) {
      MakeSnapshot(absl::StrCat(scratch_ / "old/root/solr6Backup/", core, "/snapshot.evening"));
    }
    for (const char* server : {"old", "new"}) {
      WriteFile(absl::StrCat(scratch_ / server, ".properties"),
                absl::StrCat("dir.root=", scratch_ / server,
                             "/root\ndb.url=jdbc:sqlite:", scratch_ / server,
                             "/alf.db\nindex.subsystem.name=solr6\n", kNoIndexJobs));
    }
    source_ = Tree("old/root");
    rows_ = Rows("old/alf.db");
  }

  // Of the directories above the snapshots, which the backup does not hold, mode and owner.
  std::map<std::string, std::string> Tree(const std::string& root) const {
    std::map<std::string, std::string> tree;
    if (fs::exists(scratch_ / root)) tree = TreeOf(scratch_ / root);
    for (const char* above : {"solr6Backup", "solr6Backup/alfresco", "solr6Backup/archive"}) {
      const auto found = tree.find(above);
      if (found != tree.end())
        found->second.resize(found->second.find(' ', found->second.find(':')));
    }
    return tree;
  }

  std::string Rows(const std::string& database) const {
    return Shell(in_scratch_ + "sqlite3 " + database + " .dump").output;
  }

  // Members but those whose times or content are of the run.
  std::map<std::string, std::string> Members() {
    absl::StatusOr<std::map<std::string, std::string>> members =
        MembersOf(scratch_ / "target/f.tar.zst");
    EXPECT_OK(members);
    if (!members.ok()) return {};
    std::map<std::string, std::string> kept;
    for (auto& [path, facts] : *members) {
      if (absl::StartsWith(path, "ingot")) continue;
      kept[path] = absl::StartsWith(path, "database") ? facts.substr(facts.find(' ', 20)) : facts;
    }
    return kept;
  }

  const std::string backup_ = "backup --threads 2 --io " + TestEngineName() +
                              " --alfresco old.properties -o target/f.tar.zst";
  const std::string restore_ = "restore --threads 2 f.tar.zst --alfresco new.properties";
  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::map<std::string, std::string> source_;
  std::string rows_;
};

TEST_F(AlfrescoSweepTest, Backup) {
  const FaultyProgram program(scratch_, backup_);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  const std::map<std::string, std::string> whole = Members();
  ASSERT_FALSE(whole.empty());
  SweepFaults(
      program, clean,
      {.usual = kUsualFaults,
       .share_met = 0.66,
       .calls = {"open", "read", "stat"},
       .reset = [&] { ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target")); },
       .check =
           [&](const Fault& fault, const FaultyRun& run) {
             EXPECT_TRUE(EndsAsExpected(AlfrescoBackupRules(), fault, run));
             EXPECT_TRUE(HidesNothing(scratch_ / "target", fault));
             const std::string names = Shell(in_scratch_ + "ls -A target").output;
             if (run.exit_code != 0 && run.exit_code != 3 && run.exit_code != 6) {
               EXPECT_EQ(names, "");
               return;
             }
             EXPECT_EQ(names, "f.tar.zst\n");
             const std::map<std::string, std::string> members = Members();
             for (const auto& [path, facts] : whole) {
               const auto found = members.find(path);
               if (found != members.end() && found->second == facts) continue;
               // What vanishes meanwhile is only counted here, and named in the container; what the
               // database refers to must not.
               const bool referenced = absl::EndsWith(path, ".bin");
               if (absl::StrContains(run.error, " 1 vanished;")) {
                 EXPECT_EQ(run.exit_code, referenced ? 6 : run.exit_code) << run.error;
                 continue;
               }
               const std::string url = absl::StrReplaceAll(path, {{"contentstore/", "store://"}});
               EXPECT_TRUE(Names(run, path) || absl::StrContains(run.error, url))
                   << path << " is not named: " << run.error;
               EXPECT_NE(run.exit_code, 0) << path;
             }
           }});
}

// What the plan cannot look at must not be taken for what is not there.
TEST_F(AlfrescoSweepTest, ADirectoryThatCannotBeLookedAtIsNotLeftOut) {
  const FaultyProgram program(scratch_, backup_);
  for (const char* directory : {"contentstore.deleted", "audit.contentstore"}) {
    for (const char* call : {"stat", "resolve", "open", "list"}) {
      int number = 0;
      while (true) {
        ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target"));
        const std::string fault =
            absl::StrCat(call, "\told/root/", directory, "\t", number, "\tEIO");
        SCOPED_TRACE(fault);
        const FaultyRun run = program.Run(fault);
        if (run.exit_code == 0) {
          EXPECT_TRUE(Members().contains(directory));
        } else {
          EXPECT_THAT(run.error, testing::ContainsRegex(absl::StrCat(directory, ".*Input/output")));
        }
        if (!run.met) break;
        ++number;
      }
      EXPECT_GT(number, 0) << call << " " << directory;
    }
  }
}

TEST_F(AlfrescoSweepTest, Restore) {
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCommand() + backup_ + " && mv target/f.tar.zst ."));
  const FaultyProgram program(scratch_, restore_);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  ASSERT_EQ(Tree("new/root"), source_);
  ASSERT_EQ(Rows("new/alf.db"), rows_);
  SweepFaults(program, clean,
              {.usual = kUsualFaults,
               .share_met = 0.66,
               .calls = {"open", "read", "stat"},
               .reset = [&] { ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf new && mkdir new")); },
               .check =
                   [&](const Fault& fault, const FaultyRun& run) {
                     EXPECT_TRUE(EndsAsExpected(AlfrescoRestoreRules(), fault, run));
                     EXPECT_TRUE(HidesNothing(scratch_ / "new", fault));
                     const std::string rows =
                         fs::exists(scratch_ / "new/alf.db") ? Rows("new/alf.db") : "";
                     if (run.exit_code == 0) {
                       EXPECT_EQ(Tree("new/root"), source_) << run.error;
                       EXPECT_EQ(rows, rows_) << run.error;
                     } else if (absl::StrContains(rows, "INSERT")) {
                       EXPECT_EQ(rows, rows_) << run.error;
                     }
                   }});
}

}  // namespace
}  // namespace ingot
