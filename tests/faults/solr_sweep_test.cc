// The operations of a backup that asks Solr for a snapshot first fail once each: what is published
// holds that snapshot, and never an older one.
#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/rules.h"
#include "tests/tools/lucene_files.h"
#include "tests/tools/solr/solr_server.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 30;

class SolrSweepTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(in_scratch_ +
                         "mkdir -p old/root/contentstore old/root/contentstore.deleted target && "
                         "printf b > old/root/contentstore/b.bin && "
                         "sqlite3 old/alf.db '"
                         "CREATE TABLE alf_content_url (id INTEGER PRIMARY KEY, content_url TEXT, "
                         "content_url_short TEXT, content_url_crc BIGINT, content_size BIGINT, "
                         "orphan_time BIGINT);"
                         "CREATE TABLE alf_content_data (id INTEGER PRIMARY KEY, content_url_id "
                         "BIGINT);"
                         "INSERT INTO alf_content_url VALUES (1, \"store://b.bin\", "
                         "\"tore://b.bin\", 622448911, 1, NULL);"
                         "INSERT INTO alf_content_data VALUES (1, 1);'"));
    for (const char* core : {"alfresco", "archive"}) {
      MakeSnapshot(absl::StrCat(scratch_ / "old/root/solr6Backup/", core, "/snapshot.evening"));
    }
    WriteFile(scratch_ / "old.properties",
              absl::StrCat("dir.root=", scratch_ / "old/root",
                           "\ndb.url=jdbc:sqlite:", scratch_ / "old/alf.db",
                           "\nindex.subsystem.name=solr6\n", kNoIndexJobs));
    std::filesystem::create_directories(scratch_ / "index");
    WriteFile(scratch_ / "index/segments_2", EmptyLuceneCommit(2));
  }

  // The files of core alfresco's snapshots in the container, as "hash name"; "" where there are
  // none.
  std::string Index() const {
    const ShellResult index =
        Shell(in_scratch_ + "rm -rf out && " + IngotCommand() +
              "restore -q target/f.tar.zst -C out 'solr6Backup/alfresco/**' && "
              "cd out/solr6Backup/alfresco && find . -type f -exec sha256sum {} + | "
              "sed 's/snapshot.20[0-9]*/snapshot.NEW/'");
    return index.output;
  }
  FaultyProgram Program(const SolrServer& solr) const {
    return FaultyProgram(
        scratch_, absl::StrCat("backup --threads 2 --io ", TestEngineName(),
                               " --alfresco old.properties -o target/f.tar.zst --solr-backup "
                               "--solr-core alfresco --solr-url http://127.0.0.1:",
                               solr.port(), "/solr"));
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(SolrSweepTest, Backup) {
  const SolrServer solr(scratch_ / "scenario",
                        {{"snapshot", scratch_ / "index"}, {"seconds", 0.05}});
  const FaultyProgram program = Program(solr);
  FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  const std::string whole = Index();
  ASSERT_THAT(whole, testing::EndsWith("  ./snapshot.NEW/segments_2\n"));
  ASSERT_EQ(Lines(whole).size(), 1u);
  // A run takes seconds: the other operations are left to AlfrescoSweepTest, and most of those on
  // the snapshots to the long form.
  const std::string wanted = LongTests() ? "solr6Backup" : "list\told/root/solr6Backup/alfresco\t";
  std::erase_if(clean.record, [&wanted](const std::string& operation) {
    return !absl::StrContains(operation, "socket") && !absl::StrContains(operation, wanted);
  });
  SweepFaults(
      program, clean,
      {.usual = kUsualFaults,
       .share_met = 0.66,
       .calls = {"socket", "connect", "send", "receive", "list"},
       .reset =
           [&] {
             ASSERT_TRUE(Succeeds(in_scratch_ +
                                  "rm -rf target old/root/solr6Backup/alfresco/snapshot.2* "
                                  "&& mkdir target"));
           },
       .check =
           [&](const Fault& fault, const FaultyRun& run) {
             EXPECT_TRUE(EndsAsExpected(SolrBackupRules(), fault, run));
             EXPECT_TRUE(HidesNothing(scratch_ / "target", fault));
             const bool published = run.exit_code == 0 || run.exit_code == 3 || run.exit_code == 6;
             EXPECT_EQ(Shell(in_scratch_ + "ls -A target").output, published ? "f.tar.zst\n" : "");
             if (run.exit_code == 0) {
               EXPECT_EQ(Index(), whole) << run.error;
             } else if (published) {  // some of it could not be read
               const std::string index = Index();
               EXPECT_THAT(index, testing::Not(testing::HasSubstr("evening")));
               if (index != whole) {
                 EXPECT_THAT(run.error, testing::HasSubstr("solr6Backup/alfresco/snapshot.2"));
               }
             } else if (fault.operation.call == "socket" ||
                        absl::StartsWith(fault.operation.file, "socket:")) {
               EXPECT_THAT(run.error, testing::HasSubstr("core alfresco: http://"));
             }
           }});
}

// Only one that is missing is the mistake of who named it.
TEST_F(SolrSweepTest, ADirectoryThatCannotBeReadIsNoWrongUsage) {
  const SolrServer solr(scratch_ / "scenario", {{"snapshot", scratch_ / "index"}});
  const FaultyRun run = Program(solr).Run("list\told/root/solr6Backup/alfresco\t0\tEIO");
  EXPECT_TRUE(run.met);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.error, testing::ContainsRegex("core alfresco: .*/solr6Backup/alfresco: "
                                                "list directory: Input/output error"));
}

}  // namespace
}  // namespace ingot
