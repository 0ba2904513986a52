// Hot backups of whole repositories: the order, the dump, and every row's file in the restored
// tree.
#include <string>
#include <vector>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

class BackupTest : public testing::Test {
 protected:
  void MakeRepository(const std::string& options = "--files 60") {
    ASSERT_TRUE(
        Succeeds(ProjectScript("make_demo_repository.py") + (scratch_ / "repo ") + options));
  }
  std::string ListTar(const std::string& patterns = "") {
    ShellResult listed;
    EXPECT_TRUE(Succeeds(in_scratch_ + "tar --zstd -tf f.tar.zst " + patterns, &listed));
    return listed.output;
  }
  void Restore() {
    ASSERT_TRUE(
        Succeeds(in_scratch_ + "mkdir out && " + IngotCommand() + "restore f.tar.zst -C out"));
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(BackupTest, AlfrescoOnSqlite) {
  MakeRepository();
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotBackup() +
                       "--alfresco repo/alfresco-global.properties -o f.tar.zst"));
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify f.tar.zst"));
  Restore();
  EXPECT_TRUE(SameTrees(scratch_ / "repo/alf_data/contentstore", scratch_ / "out/contentstore"));
  EXPECT_TRUE(SameTrees(scratch_ / "repo/alf_data/contentstore.deleted",
                        scratch_ / "out/contentstore.deleted"));
  // The dump is another way to say the same database, and all that it refers to is there.
  EXPECT_TRUE(Succeeds(in_scratch_ + "sqlite3 -bail new.db < out/database/*.sql && cmp <(sqlite3 "
                                     "repo/alf.db .dump) <(sqlite3 new.db .dump)"));
  EXPECT_TRUE(Succeeds(in_scratch_ +
                       "sqlite3 -separator $'\\t' new.db 'SELECT content_url, content_size FROM "
                       "alf_content_url' | " +
                       ProjectScript("check-content.sh") + "out/contentstore"));
}

TEST_F(BackupTest, OnlyTheNewestSnapshotOfEachCoreIsTaken) {
  MakeRepository();
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotBackup() +
                       "--alfresco repo/alfresco-global.properties -o f.tar.zst"));
  Restore();
  const std::string snapshot = "solr4Backup/alfresco/snapshot.20260102020000123";
  EXPECT_TRUE(SameTrees(scratch_ / ("repo/alf_data/" + snapshot), scratch_ / ("out/" + snapshot)));
  EXPECT_THAT(ListTar(),
              testing::HasSubstr("solr4Backup/archive/snapshot.20260102040000123/segments"));
  EXPECT_THAT(ListTar(), testing::Not(testing::HasSubstr("snapshot.20260101")));
}

TEST_F(BackupTest, TheOrderIsIndexDatabaseContentManifest) {
  MakeRepository();
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotBackup() +
                       "--alfresco repo/alfresco-global.properties -o f.tar.zst"));
  std::vector<std::string> stages;  // the first parts of the names, each stretch of equal ones once
  const std::vector<std::string> names = Lines(ListTar());
  for (const std::string& name : names) {
    const std::string first = name.substr(0, name.find('/'));
    if (stages.empty() || stages.back() != first) stages.push_back(first);
  }
  EXPECT_THAT(stages, testing::ElementsAre("solr4Backup", "database", "contentstore",
                                           "contentstore.deleted", "ingot"));
  EXPECT_EQ(names.back(), "ingot/manifest.json");
}

TEST_F(BackupTest, TheSqliteDatabaseMayBeInUse) {
  MakeRepository();
  // A writer goes on adding rows in pairs; the dump must hold whole pairs.
  WriteFile(scratch_ / "writer",
            "for ((n = 0; n < 300; ++n)); do\n  sqlite3 -cmd '.timeout 5000' repo/alf.db \"BEGIN "
            "IMMEDIATE; "
            "INSERT INTO pair VALUES (1, $n); INSERT INTO pair VALUES (2, $n); COMMIT\"\ndone\n");
  ASSERT_TRUE(
      Succeeds("cd " + scratch_.path() +
               "\nsqlite3 repo/alf.db 'PRAGMA journal_mode=WAL; CREATE TABLE pair (half, n)'\n" +
               "bash -e writer & writer=$!\nsleep 0.3\n" + IngotBackup() +
               "--alfresco repo/alfresco-global.properties -o f.tar.zst && wait $writer"));
  Restore();
  ShellResult counts;
  ASSERT_TRUE(Succeeds(in_scratch_ +
                           "sqlite3 -bail new.db < out/database/*.sql && sqlite3 new.db 'SELECT "
                           "count(*) > 0, sum(half = 1) = sum(half = 2) FROM pair'",
                       &counts));
  EXPECT_EQ(counts.output, "1|1\n");
}

TEST_F(BackupTest, WithoutAlfresco) {
  MakeRepository();
  ASSERT_TRUE(
      Succeeds(in_scratch_ + IngotBackup() +
               "--database sqlite:repo/alf.db --content repo/alf_data/contentstore -o f.tar.zst"));
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify f.tar.zst"));
  Restore();
  EXPECT_TRUE(SameTrees(scratch_ / "repo/alf_data/contentstore", scratch_ / "out/contentstore"));
  EXPECT_TRUE(Succeeds(in_scratch_ + "sqlite3 -bail new.db < out/database/*.sql && cmp <(sqlite3 "
                                     "repo/alf.db .dump) <(sqlite3 new.db .dump)"));
}

TEST_F(BackupTest, ADumpCommand) {
  MakeRepository();
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotBackup() +
                       "--dump-command 'sqlite3 repo/alf.db .dump' --dump-expect 'COMMIT;' "
                       "--content repo/alf_data/contentstore -o f.tar.zst"));
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify f.tar.zst"));
  EXPECT_TRUE(Succeeds(in_scratch_ + "cmp <(sqlite3 repo/alf.db .dump) <(tar --zstd -xOf f.tar.zst "
                                     "--wildcards 'database/*.sql')"));
}

TEST_F(BackupTest, ALargeDumpIsStreamedWhole) {
  MakeRepository();
  // More than several frames, and not a multiple of anything.
  const std::string dump = "seq 1 4000001; echo end of dump";
  for (const char* output : {"-o f.tar.zst", "-o - | cat > f.tar.zst"}) {
    ASSERT_TRUE(Succeeds(in_scratch_ + IngotBackup() + "--dump-command '" + dump +
                         "' --dump-expect 'end of dump' --content repo/alf_data/contentstore " +
                         output));
    EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify f.tar.zst"));
    const std::string check = " | cmp - <(" + dump + ")";
    EXPECT_TRUE(
        Succeeds(in_scratch_ + "tar --zstd -xOf f.tar.zst --wildcards 'database/*'" + check))
        << output;
    EXPECT_TRUE(Succeeds(in_scratch_ + "bsdtar -xOf f.tar.zst 'database/*'" + check)) << output;
    EXPECT_TRUE(Succeeds(
        in_scratch_ + IngotCommand() +
        "cat f.tar.zst \"$(tar --zstd -tf f.tar.zst --wildcards 'database/*' | grep -v '/$')\"" +
        check))
        << output;
    ASSERT_TRUE(Succeeds("rm " + (scratch_ / "f.tar.zst")));
  }
}

TEST_F(BackupTest, ContentIsNotTouchedBeforeTheDumpHasEnded) {
  MakeRepository();
  // The dump itself takes content away at its end and adds some: the backup must have what was
  // there afterwards.
  ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir content && touch content/before && " + IngotBackup() +
                       "--dump-command 'echo dump; sleep 0.5; rm content/before; touch "
                       "content/after' --content content -o f.tar.zst"));
  EXPECT_THAT(ListTar(), testing::HasSubstr("content/after\n"));
  EXPECT_THAT(ListTar(), testing::Not(testing::HasSubstr("content/before\n")));
}

TEST_F(BackupTest, AlsoAddsATree) {
  MakeRepository();
  ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir keystore && echo key > keystore/keystore && " +
                       IngotBackup() +
                       "--alfresco repo/alfresco-global.properties --also keystore -o f.tar.zst"));
  EXPECT_THAT(ListTar(), testing::HasSubstr("keystore/keystore\n"));
}

TEST_F(BackupTest, RefusesWhatIsMissing) {
  MakeRepository();
  for (const char* breakage :
       {"mv repo/alf_data/contentstore repo/elsewhere", "mv repo/alf.db repo/elsewhere.db",
        "sed -i /db.url/d repo/alfresco-global.properties"}) {
    ASSERT_TRUE(Succeeds(in_scratch_ + "cp -a repo saved && " + breakage));
    ShellResult result = Shell(in_scratch_ + IngotBackup() +
                               "--alfresco repo/alfresco-global.properties -o f.tar.zst");
    EXPECT_NE(result.exit_code, 0) << breakage;
    EXPECT_NE(result.error, "") << breakage;
    EXPECT_NE(Shell("test -e " + (scratch_ / "f.tar.zst")).exit_code, 0) << breakage;
    ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf repo && mv saved repo"));
  }
}

}  // namespace
}  // namespace ingot
