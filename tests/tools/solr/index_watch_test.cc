#include "tools/solr/index_watch.h"

#include <filesystem>

#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class IndexWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"alfresco/snapshot.1", "alfresco/snapshot.2", "archive/snapshot.1"}) {
      fs::create_directories(scratch_ / name);
      WriteFile(scratch_ / (std::string(name) + "/_0.fdt"), "stored fields");
    }
    absl::StatusOr<IndexWatch> watch =
        IndexWatch::Begin({scratch_ / "alfresco", scratch_ / "archive"});
    ASSERT_OK(watch);
    watch_ = *std::move(watch);
  }
  std::string Check() {
    const absl::StatusOr<std::string> changed = watch_.Check();
    EXPECT_OK(changed);
    return changed.value_or("?");
  }

  ScratchDirectory scratch_;
  IndexWatch watch_;
};

TEST_F(IndexWatchTest, ReadingAndOtherFilesAreNoChange) {
  EXPECT_EQ(ReadFile(scratch_ / "alfresco/snapshot.2/_0.fdt"), "stored fields");
  WriteFile(scratch_ / "alfresco/notes.txt", "an administrator's");
  EXPECT_EQ(Check(), "");
}

TEST_F(IndexWatchTest, ANewSnapshotIsNoticed) {
  fs::create_directory(scratch_ / "archive/snapshot.2");
  EXPECT_THAT(Check(), HasSubstr("archive/snapshot.2 has appeared"));
}

TEST_F(IndexWatchTest, ASnapshotThatVanishesIsNoticed) {
  fs::remove_all(scratch_ / "alfresco/snapshot.1");
  EXPECT_THAT(Check(), HasSubstr("alfresco/snapshot.1 has vanished"));
}

TEST_F(IndexWatchTest, ALocationThatVanishesIsNoticed) {
  fs::remove_all(scratch_ / "archive");
  EXPECT_THAT(Check(), HasSubstr("archive/snapshot.1 has vanished"));
}

TEST_F(IndexWatchTest, AFileThatGrowsIsNoticed) {
  const auto time = fs::last_write_time(scratch_ / "alfresco/snapshot.2/_0.fdt");
  WriteFile(scratch_ / "alfresco/snapshot.2/_0.fdt", "stored fields, more of them");
  fs::last_write_time(scratch_ / "alfresco/snapshot.2/_0.fdt", time);
  EXPECT_THAT(Check(), HasSubstr("snapshot.2/_0.fdt has changed"));
}

TEST_F(IndexWatchTest, AFileThatIsReplacedByItsLikeIsNoticed) {
  const std::string path = scratch_ / "alfresco/snapshot.2/_0.fdt";
  const auto time = fs::last_write_time(path);
  const auto directory_time = fs::last_write_time(scratch_ / "alfresco/snapshot.2");
  WriteFile(scratch_ / "new", "stored fields");
  fs::rename(scratch_ / "new", path);
  fs::last_write_time(path, time);
  fs::last_write_time(scratch_ / "alfresco/snapshot.2", directory_time);
  EXPECT_THAT(Check(), HasSubstr("has changed"));
}

TEST_F(IndexWatchTest, AFileInASnapshotThatIsStillBeingWrittenIsNoticed) {
  WriteFile(scratch_ / "alfresco/snapshot.2/_0.fdx", "index");
  EXPECT_THAT(Check(), HasSubstr("snapshot.2/_0.fdx has appeared"));
}

}  // namespace
}  // namespace ingot
