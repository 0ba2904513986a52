// Every operation of a backup from a database server, and of a restore into one, fails once: what
// is published holds a whole dump, and no database is said to be restored that is not.
#include "absl/strings/match.h"
#include "tests/faults/faulty.h"
#include "tests/faults/rules.h"
#include "tests/servers.h"

namespace ingot {
namespace {

constexpr uint64_t kUsualFaults = 60;

class ServerSweepTest : public testing::TestWithParam<ServerVendor> {
 protected:
  void SetUp() override {
    std::string why_not;
    server_ = GetParam().start(&why_not);
    if (server_ == nullptr) SKIP_OR_FAIL(why_not);
    ASSERT_TRUE(
        Succeeds(in_scratch_ +
                 "mkdir -p old/root/contentstore/2024 old/root/contentstore.deleted target && "
                 "seq 20000 > old/root/contentstore/2024/a.bin"));
    for (const char* name : {"old", "new"}) {
      WriteFile(absl::StrCat(scratch_ / name, ".properties"),
                absl::StrCat("dir.root=", scratch_ / name, "/root\n", server_->Properties(name),
                             "index.subsystem.name=noindex\n"));
    }
    server_->CreateDatabase("old");
    server_->Query(
        "old",
        "CREATE TABLE alf_content_url (id BIGINT PRIMARY KEY, content_url VARCHAR(255), "
        "content_url_short VARCHAR(12), content_url_crc BIGINT, content_size BIGINT, "
        "orphan_time BIGINT); CREATE TABLE alf_content_data (id BIGINT PRIMARY KEY, "
        "content_url_id BIGINT); INSERT INTO alf_content_url VALUES (1, 'store://2024/a.bin', "
        "'//2024/a.bin', 2658225908, 108894, NULL); INSERT INTO alf_content_data VALUES (1, 1), "
        "(2, 1)");
    rows_ = Rows("old");
  }

  std::string Rows(const std::string& database) {
    const std::string tables = server_->Query(
        database,
        "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'alf%' AND "
        "(table_schema = 'public' OR table_schema = '" +
            database + "')");
    if (tables == "0\n") return "";
    if (tables != "2\n") return "a part";
    return server_->Query(database,
                          "SELECT * FROM alf_content_url ORDER BY id; "
                          "SELECT * FROM alf_content_data ORDER BY id");
  }

  // Of the dump that a container holds, what is of its database and not of the run.
  std::string Dump() const {
    const ShellResult dump =
        Shell(in_scratch_ + IngotCommand() +
              "cat target/f.tar.zst database/old.sql | grep -v '^--\\|restrict '");
    EXPECT_EQ(dump.exit_code, 0) << dump.error;
    return dump.output;
  }

  const std::string backup_ = "backup --threads 2 --io " + TestEngineName() +
                              " --alfresco old.properties -o target/f.tar.zst";
  const std::string restore_ = "restore --threads 2 f.tar.zst --alfresco new.properties";
  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
  std::unique_ptr<DatabaseServer> server_;
  std::string rows_;
};

TEST_P(ServerSweepTest, Backup) {
  const FaultyProgram program(scratch_, backup_);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  const std::string whole = Dump();
  ASSERT_THAT(whole, testing::HasSubstr("store://2024/a.bin"));
  SweepFaults(
      program, clean,
      {.usual = kUsualFaults,
       .share_met = 0.66,
       .calls = {"process", "pipe", "memfd"},
       .reset = [&] { ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf target && mkdir target")); },
       .check =
           [&](const Fault& fault, const FaultyRun& run) {
             EXPECT_TRUE(EndsAsExpected(ServerBackupRules(), fault, run));
             EXPECT_TRUE(HidesNothing(scratch_ / "target", fault));
             const bool published = run.exit_code == 0 || run.exit_code == 3 || run.exit_code == 6;
             EXPECT_EQ(Shell(in_scratch_ + "ls -A target").output, published ? "f.tar.zst\n" : "");
             if (published) {
               EXPECT_EQ(Dump(), whole);
             }
           }});
}

TEST_P(ServerSweepTest, Restore) {
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCommand() + backup_ + " && mv target/f.tar.zst ."));
  server_->CreateDatabase("new");
  const FaultyProgram program(scratch_, restore_);
  const FaultyRun clean = program.Run("");
  ASSERT_EQ(clean.exit_code, 0) << clean.error;
  ASSERT_EQ(Rows("new"), rows_);
  const bool one_transaction = GetParam().start == StartPostgresql;
  SweepFaults(program, clean,
              {.usual = kUsualFaults,
               .share_met = 0.66,
               .calls = {"process", "pipe", "memfd"},
               .reset =
                   [&] {
                     server_->Query("new",
                                    "DROP TABLE IF EXISTS alf_content_url, alf_content_data");
                     ASSERT_TRUE(Succeeds(in_scratch_ + "rm -rf new"));
                   },
               .check =
                   [&](const Fault& fault, const FaultyRun& run) {
                     EXPECT_TRUE(EndsAsExpected(ServerRestoreRules(), fault, run));
                     const std::string rows = Rows("new");
                     if (run.exit_code == 0 || absl::StrContains(run.error, "the database;")) {
                       EXPECT_EQ(rows, rows_) << run.error;
                     } else if (one_transaction) {
                       EXPECT_TRUE(rows.empty() || rows == rows_) << rows << run.error;
                       if (!rows.empty()) {
                         EXPECT_THAT(run.error, testing::Not(testing::HasSubstr("nothing was")));
                       }
                     } else if (!rows.empty() && rows != rows_) {
                       EXPECT_THAT(run.error, testing::HasSubstr(" a part now"));
                     }
                   }});
}

INSTANTIATE_TEST_SUITE_P(Vendors, ServerSweepTest, testing::ValuesIn(kServerVendors),
                         [](const auto& vendor) { return std::string(vendor.param.name); });

}  // namespace
}  // namespace ingot
