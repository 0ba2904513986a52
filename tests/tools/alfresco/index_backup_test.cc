#include "tools/alfresco/index_backup.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/testing.h"
#include "tests/tools/lucene_files.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class IndexBackupTest : public testing::Test {
 protected:
  void SetUp() override {
    properties_ = {{"dir.root", scratch_.path()}, {"index.subsystem.name", "solr6"}};
    Snapshot("solr6Backup/alfresco/snapshot.20260101020000123");
    Snapshot("solr6Backup/alfresco/snapshot.20260102020000123");
    Snapshot("solr6Backup/archive/snapshot.20260102040000123");
  }
  void Snapshot(const std::string& name) { MakeSnapshot(scratch_ / name); }
  absl::StatusOr<IndexBackup> Find(bool none = false) {
    return FindIndexBackup(AlfrescoSettings(properties_, {}), scratch_.path(), "/", none);
  }
  absl::StatusOr<IndexBackup> Locate() {
    return FindIndexLocations(AlfrescoSettings(properties_, {}), scratch_.path(), "/", false);
  }
  void ExpectUsageError(const std::vector<std::string>& texts) {
    const absl::Status status = Find().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    for (const std::string& text : texts) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    }
  }
  // As it would be had it been left so an hour ago.
  void Age(const std::string& name) {
    const auto then = fs::file_time_type::clock::now() - std::chrono::hours(1);
    for (const fs::directory_entry& entry : fs::directory_iterator(scratch_ / name)) {
      fs::last_write_time(entry.path(), then);
    }
    fs::last_write_time(scratch_ / name, then);
  }

  ScratchDirectory scratch_;
  std::map<std::string, std::string> properties_;
};

TEST_F(IndexBackupTest, TheNewestOfEachCore) {
  const absl::StatusOr<IndexBackup> index = Find();
  ASSERT_OK(index);
  ASSERT_EQ(index->cores.size(), 2u);
  EXPECT_EQ(index->cores[0].name, "alfresco");
  EXPECT_EQ(index->cores[0].snapshot, "snapshot.20260102020000123");
  EXPECT_EQ(index->cores[0].location, scratch_ / "solr6Backup/alfresco");
  EXPECT_TRUE(index->cores[0].proved);
  EXPECT_THAT(index->checks, IsEmpty());
  EXPECT_THAT(index->warnings, IsEmpty());
  EXPECT_OK(CheckNothingIsWritten(*index));
  EXPECT_THAT(IndexDirectories(*index),
              ElementsAre(scratch_ / "solr6Backup/alfresco", scratch_ / "solr6Backup/archive"));
}

TEST_F(IndexBackupTest, OneThatIsBeingWrittenIsATryLater) {
  const std::string newest = scratch_ / "solr6Backup/alfresco/snapshot.20260103020000123";
  fs::create_directory(newest);
  WriteFile(newest + "/_0.fdt", "half of");
  absl::StatusOr<IndexBackup> index = Find();
  ASSERT_OK(index);
  EXPECT_EQ(index->cores[0].snapshot, "snapshot.20260102020000123");
  EXPECT_THAT(index->warnings, ElementsAre(HasSubstr("snapshot.20260103020000123 is not a whole")));
  EXPECT_EQ(CheckNothingIsWritten(*index).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(CheckNothingIsWritten(*index).message()), HasSubstr(newest));
  // What a job that died has left does not stop backups for ever.
  Age("solr6Backup/alfresco/snapshot.20260103020000123");
  ASSERT_OK(ChooseSnapshots(&*index));
  EXPECT_OK(CheckNothingIsWritten(*index));
  EXPECT_EQ(index->warnings.size(), 1u);
}

TEST_F(IndexBackupTest, ChoosingAgainTakesWhatHasComeMeanwhile) {
  absl::StatusOr<IndexBackup> index = Locate();
  ASSERT_OK(index);
  EXPECT_EQ(index->cores[0].snapshot, "");
  Snapshot("solr6Backup/alfresco/snapshot.20260103020000123");
  ASSERT_OK(ChooseSnapshots(&*index));
  EXPECT_EQ(index->cores[0].snapshot, "snapshot.20260103020000123");
}

TEST_F(IndexBackupTest, OneThatComesAndGoesWhileItIsLookedAt) {
  absl::StatusOr<IndexBackup> index = Locate();
  ASSERT_OK(index);
  const std::string away = scratch_ / "away";
  const std::string here = scratch_ / "solr6Backup/alfresco/snapshot.20260103020000123";
  fs::copy(INGOT_TESTS_DIR "/tools/solr/snapshots/lucene410", away);
  std::atomic<bool> end = false;
  std::thread mover([&] {
    while (!end) {
      fs::rename(away, here);
      fs::rename(here, away);
    }
  });
  int gone = 0;
  // However busy the machine is: until it has been met on its way at least once.
  const absl::Time limit = absl::Now() + absl::Seconds(60);
  for (int i = 0; i < 300 || (gone == 0 && absl::Now() < limit); ++i) {
    EXPECT_OK(ChooseSnapshots(&*index));
    EXPECT_NE(index->cores[0].snapshot, "");
    if (!CheckNothingIsWritten(*index).ok()) ++gone;
  }
  end = true;
  mover.join();
  EXPECT_GT(gone, 0);
}

TEST_F(IndexBackupTest, LocationsMayBeEmptyUntilOneIsChosen) {
  fs::remove_all(scratch_ / "solr6Backup/archive/snapshot.20260102040000123");
  EXPECT_OK(Locate());
  ExpectUsageError(
      {"solr.backup.archive.remoteBackupLocation", "no snapshot", "--solr-backup", "--index none"});
  Snapshot("solr6Backup/archive/snapshot.1");
  WriteFile(scratch_ / "solr6Backup/archive/snapshot.1/segments_1", "broken");
  absl::StatusOr<IndexBackup> index = Locate();
  ASSERT_OK(index);
  EXPECT_TRUE(absl::IsUnavailable(ChooseSnapshots(&*index))) << "it may be whole soon";
  Shell("find " + (scratch_ / "solr6Backup/archive/snapshot.1") + " -exec touch -d yesterday {} +");
  ExpectUsageError({"no snapshot of the index that is whole"});
}

TEST_F(IndexBackupTest, OldLuceneIsLessThanAProof) {
  fs::copy(INGOT_TESTS_DIR "/tools/solr/snapshots/lucene36",
           scratch_ / "solr6Backup/archive/snapshot.20260103040000");
  const absl::StatusOr<IndexBackup> index = Find();
  ASSERT_OK(index);
  EXPECT_EQ(index->cores[1].snapshot, "snapshot.20260103040000");
  EXPECT_FALSE(index->cores[1].proved);
  EXPECT_THAT(index->warnings, ElementsAre(HasSubstr("do not tell whether they are whole")));
}

TEST_F(IndexBackupTest, SearchOnAnotherHost) {
  fs::remove_all(scratch_ / "solr6Backup");
  properties_["solr.host"] = "search.example.org";
  ExpectUsageError({"solr.host is search.example.org", "mount", "--index none"});
  const absl::StatusOr<IndexBackup> none = Find(true);
  ASSERT_OK(none);
  EXPECT_TRUE(none->reindex_needed);
}

TEST_F(IndexBackupTest, ABackupOfAnotherSubsystem) {
  properties_["index.subsystem.name"] = "solr4";
  ExpectUsageError({"solr6Backup, which belongs to solr6", "is index.subsystem.name=solr4 right?"});
  for (const char* core : {"alfresco", "archive"}) {
    properties_[absl::StrCat("solr.backup.", core, ".remoteBackupLocation")] =
        absl::StrCat("${dir.root}/solr6Backup/", core);
  }
  const absl::StatusOr<IndexBackup> index = Find();
  ASSERT_OK(index);
  ASSERT_EQ(index->checks.size(), 2u);
  EXPECT_EQ(index->checks[0].subject, "index-location");
  EXPECT_THAT(index->checks[0].text, HasSubstr("looks like a backup of solr6"));
}

TEST_F(IndexBackupTest, ShardsAreTold) {
  properties_["solr6.store.mappings.value.solrMappingAlfresco.numShards"] = "1";
  EXPECT_THAT(Find()->checks, IsEmpty());
  properties_["solr6.store.mappings.value.solrMappingAlfresco.numShards"] = "8";
  ASSERT_EQ(Find()->checks.size(), 1u);
  EXPECT_EQ(Find()->checks[0].subject, "sharded-solr");
  EXPECT_THAT(Find()->checks[0].text, HasSubstr("numShards=8"));
  EXPECT_NE(Find()->checks[0].remedy, "");
  properties_["solr6.store.mappings.value.solrMappingAlfresco.numShards"] = "";
  properties_["solr.useDynamicShardRegistration"] = "true";
  EXPECT_THAT(Find()->checks[0].text, HasSubstr("solr.useDynamicShardRegistration=true"));
  properties_["solr.useDynamicShardRegistration"] = "false";
  EXPECT_THAT(Find()->checks, IsEmpty());
  fs::create_directory(scratch_ / "solr6Backup/alfresco-1");
  fs::create_directory(scratch_ / "solr6Backup/archive-old");
  ASSERT_EQ(Find()->checks.size(), 1u);
  EXPECT_THAT(Find()->checks[0].text, HasSubstr("solr6Backup/alfresco-1 is beside"));
}

}  // namespace
}  // namespace ingot
