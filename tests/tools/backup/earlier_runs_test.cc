#include "tools/backup/earlier_runs.h"

#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/create/create.h"
#include "core/manifest.h"
#include "tests/testing.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSecondNs = 1'000'000'000;

// An index stage, then a dump, then content; `day` is when it ran.
Manifest RunOn(int day, uint64_t run_seconds, uint64_t index_seconds) {
  Manifest manifest;
  manifest.tool = "a test";
  manifest.host = "dms1";
  manifest.source = "alfresco";
  manifest.properties_file = "/srv/alfresco-global.properties";
  manifest.database = {"sqlite", "sqlite3", "database/x.sql"};
  uint64_t now = 1000 * kSecondNs;
  for (const StageKind kind : {StageKind::kIndex, StageKind::kDatabase, StageKind::kContent}) {
    ManifestStage stage;
    stage.name = StageKindName(kind);
    stage.kind = kind;
    stage.started = {1'700'000'000 + int64_t{86'400} * day, 0};
    stage.started_boot_ns = now;
    now += (kind == StageKind::kIndex     ? index_seconds
            : kind == StageKind::kContent ? run_seconds - index_seconds
                                          : 0) *
           kSecondNs;
    stage.finished = stage.started;
    stage.finished_boot_ns = now;
    manifest.stages.push_back(stage);
  }
  return manifest;
}

class EarlierRunsTest : public testing::Test {
 protected:
  void Make(const std::string& name, const std::string& manifest) {
    CreateOptions options;
    options.output = scratch_ / name;
    options.engine = TestEngineKind();
    const absl::StatusOr<std::unique_ptr<Creation>> creation = Creation::Begin(options);
    ASSERT_OK(creation);
    ASSERT_OK((*creation)->AddDocument("contentstore/file", "content"));
    if (!manifest.empty()) ASSERT_OK((*creation)->AddDocument(kManifestMember, manifest));
    ASSERT_OK((*creation)->Seal(/*findings_member=*/false));
  }
  void Make(const std::string& name, const Manifest& manifest) {
    Make(name, ManifestToJson(manifest));
  }
  EarlierRuns Find() {
    return FindEarlierRuns({.output = scratch_ / "new.tar.zst",
                            .host = "dms1",
                            .source = "alfresco",
                            .properties_file = "/srv/alfresco-global.properties"});
  }

  ScratchDirectory scratch_;
};

TEST_F(EarlierRunsTest, TheLongestCounts) {
  Make("a.tar.zst", RunOn(1, 100, 30));
  Make("b.tar.zst", RunOn(2, 300, 10));
  Make("c.tar.zst", RunOn(3, 200, 20));
  const EarlierRuns earlier = Find();
  EXPECT_EQ(earlier.count, 3);
  EXPECT_EQ(earlier.run, absl::Seconds(300));
  EXPECT_EQ(earlier.index, absl::Seconds(30));
}

TEST_F(EarlierRunsTest, OfTheNewestFiveByTheirManifests) {
  // Written last, but the record of the oldest run.
  for (int day = 2; day <= 6; ++day) Make(absl::StrCat(day, ".tar.zst"), RunOn(day, 100, 10));
  Make("1.tar.zst", RunOn(1, 900, 90));
  const EarlierRuns earlier = Find();
  EXPECT_EQ(earlier.count, kEarlierRunsMax);
  EXPECT_EQ(earlier.run, absl::Seconds(100));
  EXPECT_EQ(earlier.index, absl::Seconds(10));
}

TEST_F(EarlierRunsTest, OthersDoNotCount) {
  Manifest manifest = RunOn(1, 900, 90);
  manifest.host = "dms2";
  Make("host.tar.zst", manifest);
  manifest = RunOn(1, 900, 90);
  manifest.source = "repository";
  Make("source.tar.zst", manifest);
  manifest = RunOn(1, 900, 90);
  manifest.properties_file = "/srv/other.properties";
  Make("properties.tar.zst", manifest);
  EXPECT_EQ(Find().count, 0);
  Make("same.tar.zst", RunOn(1, 7, 3));
  EXPECT_EQ(Find().count, 1);
  EXPECT_EQ(Find().run, absl::Seconds(7));
}

TEST_F(EarlierRunsTest, WhatCannotBeReadIsPassedOver) {
  WriteFile(scratch_ / "damaged.tar.zst", "no container");
  WriteFile(scratch_ / "empty.tar.zst", "");
  fs::create_directory(scratch_ / "directory.tar.zst");
  fs::create_symlink("nowhere", scratch_ / "link.tar.zst");
  ASSERT_EQ(mkfifo((scratch_ / "fifo.tar.zst").c_str(), 0600), 0);
  Make("plain.tar.zst", "");
  Make("other.tar.zst", "{}");
  Manifest manifest = RunOn(1, 900, 90);
  manifest.stages.back().finished_boot_ns = UINT64_MAX;  // five hundred years
  Make("lie.tar.zst", manifest);
  manifest = RunOn(1, 900, 90);
  manifest.stages.clear();
  Make("stageless.tar.zst", manifest);
  Make("good.tar.gz", RunOn(1, 900, 90));  // not by its name
  EXPECT_EQ(Find().count, 0);
  Make("good.tar.zst", RunOn(1, 8, 4));
  EXPECT_EQ(Find().count, 1);
}

TEST_F(EarlierRunsTest, OpensABoundedNumberOfFilesNewestFirst) {
  Make("old.tar.zst", RunOn(1, 900, 90));
  fs::last_write_time(scratch_ / "old.tar.zst",
                      fs::file_time_type::clock::now() - std::chrono::hours(24));
  for (int i = 1; i < kEarlierFilesOpenedMax; ++i) {
    WriteFile(scratch_ / absl::StrCat("junk", i, ".tar.zst"), "no container");
  }
  EXPECT_EQ(Find().count, 1);
  WriteFile(scratch_ / "one-more.tar.zst", "no container");
  EXPECT_EQ(Find().count, 0);
}

TEST_F(EarlierRunsTest, NothingIsKnownOfAPipeOrAMissingDirectory) {
  EXPECT_EQ(FindEarlierRuns({.output = "-"}).count, 0);
  EXPECT_EQ(FindEarlierRuns({.output = scratch_ / "no/new.tar.zst"}).count, 0);
}

TEST_F(EarlierRunsTest, TheLargestContainerIsTold) {
  Make("a.tar.zst", RunOn(1, 50, 1));
  Make("b.tar.zst", RunOn(2, 50, 1));
  WriteFile(scratch_ / "c.tar.zst", std::string(1 << 20, 'x'));  // larger, but no container
  const EarlierRuns earlier = Find();
  ASSERT_TRUE(earlier.largest.has_value());
  EXPECT_THAT(earlier.largest->path, testing::Not(testing::HasSubstr("c.tar.zst")));
  EXPECT_EQ(earlier.largest->bytes, fs::file_size(earlier.largest->path));
}

TEST_F(EarlierRunsTest, WithoutPropertiesTheContentTellsWhichBackupsAreOfTheSame) {
  Manifest manifest = RunOn(1, 50, 1);
  manifest.source = "repository";
  manifest.properties_file.clear();
  manifest.stages.back().source = "/srv/content";
  Make("a.tar.zst", manifest);
  EarlierRunsQuery query{.output = scratch_ / "new.tar.zst",
                         .host = "dms1",
                         .source = "repository",
                         .properties_file = "",
                         .content = "/srv/content"};
  EXPECT_EQ(FindEarlierRuns(query).count, 1);
  query.content = "/srv/other";
  EXPECT_EQ(FindEarlierRuns(query).count, 0);
}

TEST_F(EarlierRunsTest, ABackupWithoutAnIndex) {
  Manifest manifest = RunOn(1, 50, 0);
  manifest.stages.erase(manifest.stages.begin());
  Make("a.tar.zst", manifest);
  EXPECT_EQ(Find().count, 1);
  EXPECT_EQ(Find().run, absl::Seconds(50));
  EXPECT_EQ(Find().index, absl::ZeroDuration());
}

}  // namespace
}  // namespace ingot
