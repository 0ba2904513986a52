#include "core/manifest.h"

#include <sys/resource.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/memory_factor.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

ManifestStage Stage(StageKind kind, const std::string& name, uint64_t number) {
  ManifestStage stage;
  stage.kind = kind;
  stage.name = name;
  stage.source = kind == StageKind::kDatabase ? "" : "/srv/" + name;
  stage.members = 10 + number;
  stage.bytes = 1000 * number;
  stage.first_frame = 10 * number;
  stage.end_frame = 10 * number + 10;
  stage.started = {1'700'000'000 + static_cast<int64_t>(number), 5};
  stage.finished = {1'700'000'000 + static_cast<int64_t>(number), 999'999'999};
  stage.started_boot_ns = 100 * number;
  stage.finished_boot_ns = 100 * number + 99;
  return stage;
}

Manifest Example() {
  Manifest manifest;
  manifest.tool = "ingot 0.1.0";
  manifest.host = "ecm1";
  manifest.source = "alfresco";
  manifest.properties_file = "/opt/alfresco-global.properties";
  manifest.index_subsystem = "solr4";
  manifest.reindex_needed = true;
  manifest.database = {"postgresql", "pg_dump 15.18", "database/alfresco.sql"};
  manifest.stages = {Stage(StageKind::kIndex, "solr4Backup/alfresco/snapshot.1", 0),
                     Stage(StageKind::kIndex, "solr4Backup/archive/snapshot.1", 1),
                     Stage(StageKind::kDatabase, "database/alfresco.sql", 2),
                     Stage(StageKind::kContent, "contentstore", 3),
                     Stage(StageKind::kContent, "contentstore.deleted", 4)};
  manifest.findings = {{"vanished", 3}, {"unreadable", 1}};
  manifest.stages[3].role = StageRole::kContentStore;
  manifest.stages[4].role = StageRole::kDeletedContent;
  manifest.checks = {{Severity::kNote, "solr", "no files", ""},
                     {Severity::kWarning, "orphan-cleanup", "it is eager", "turn it off"}};
  JoinResult& join = manifest.join.emplace();
  join.outcome = JoinOutcome::kFailed;
  join.url_rows = 5;
  join.referenced = 4;
  join.missing = 1;
  join.not_on_disk = {{"s3", 2}};
  join.problems = {{"store://a", ContentState::kMissing, 3, 0, {{"1-2", "a.txt"}, {"3-4", ""}}},
                   {"store://b", ContentState::kRecoverable, 3, 3, {}}};
  manifest.warnings = {"a \"warning\"\n"};
  manifest.notes = {"a note", "\xc3\xa9"};
  return manifest;
}

TEST(ManifestTest, RoundTrip) {
  const absl::StatusOr<Manifest> parsed = ParseManifest(ManifestToJson(Example()));
  ASSERT_OK(parsed);
  EXPECT_EQ(*parsed, Example());
}

TEST(ManifestTest, PathsThatAreNotUtf8DoNotBreakIt) {
  Manifest manifest = Example();
  manifest.stages[3].source = "/srv/\xff";
  const absl::StatusOr<Manifest> parsed = ParseManifest(ManifestToJson(manifest));
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->stages[3].source, "/srv/\xef\xbf\xbd");
}

TEST(ManifestTest, UnknownMembersAreIgnored) {
  const std::string json =
      absl::StrReplaceAll(ManifestToJson(Example()), {{"\"host\"", "\"later\": {}, \"host\""}});
  EXPECT_OK(ParseManifest(json));
}

TEST(ManifestTest, WhatIsNoManifestIsDataLoss) {
  const std::string good = ManifestToJson(Example());
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"\"version\": 1", "\"version\": 0"},
      {"\"version\": 1", "\"version\": \"1\""},
      {"\"version\": 1", "\"version\": -1"},
      {"\"kind\": \"content\"", "\"kind\": \"contents\""},
      {"\"first_frame\": 0", "\"first_frame\": 0.5"},
      {"\"first_frame\": 0,", ""},
      {"\"tool\": \"ingot 0.1.0\"", "\"tool\": 7"},
      {"\"vanished\": 3", "\"vanished\": \"3\""},
      {"\"notes\": [", "\"notes\": [1, "},
      {"\"stages\": [", "\"stages\": [[], "},
      {"\"database\": {", "\"database\": {}, \"d\": {"},
      {"\"reindex_needed\": true", "\"reindex_needed\": 1"},
  };
  for (const auto& [from, to] : damages) {
    const std::string bad = absl::StrReplaceAll(good, {{from, to}});
    ASSERT_NE(bad, good) << from;
    EXPECT_EQ(ParseManifest(bad).status().code(), absl::StatusCode::kDataLoss) << from;
  }
  for (const char* bad : {"", "{", "[]", "null", "1", "\"x\"", "{}"}) {
    EXPECT_EQ(ParseManifest(bad).status().code(), absl::StatusCode::kDataLoss) << bad;
  }
  EXPECT_EQ(ParseManifest(std::string(kManifestBytesMax + 1, ' ')).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(ManifestTest, DeepNestingIsNoDanger) {
  const std::string deep = std::string(1 << 20, '[') + std::string(1 << 20, ']');
  EXPECT_EQ(ParseManifest(deep).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ManifestTest, ANewerVersionAsksForANewerIngot) {
  const std::string json =
      absl::StrReplaceAll(ManifestToJson(Example()), {{"\"version\": 1", "\"version\": 2"}});
  const absl::StatusOr<Manifest> parsed = ParseManifest(json);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("newer"));
}

class StageOrderTest : public testing::Test {
 protected:
  void ExpectDisorder(const std::string& message) {
    const absl::Status status = CheckStageOrder(manifest_);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
  Manifest manifest_ = Example();
};

TEST_F(StageOrderTest, GoodOrderPasses) { EXPECT_OK(CheckStageOrder(manifest_)); }

TEST_F(StageOrderTest, ContentBeforeDatabase) {
  std::swap(manifest_.stages[2], manifest_.stages[3]);
  ExpectDisorder("'contentstore' began before database 'database/alfresco.sql' had ended");
}

TEST_F(StageOrderTest, ContentFramesBeforeTheDumpsEnd) {
  manifest_.stages[3].first_frame = manifest_.stages[2].end_frame - 1;
  ExpectDisorder("by frame: content 'contentstore' began before database");
}

TEST_F(StageOrderTest, ContentStartedBeforeTheDumpsEnd) {
  manifest_.stages[3].started_boot_ns = manifest_.stages[2].finished_boot_ns - 1;
  ExpectDisorder("by boot clock: content 'contentstore' began before database");
}

TEST_F(StageOrderTest, IndexAfterDatabase) {
  std::swap(manifest_.stages[1], manifest_.stages[2]);
  ExpectDisorder("database 'database/alfresco.sql' began before index");
}

TEST_F(StageOrderTest, WallClockSetBackIsNoDisorder) {
  manifest_.stages[3].started = {1, 0};
  EXPECT_OK(CheckStageOrder(manifest_));
}

TEST_F(StageOrderTest, ExactlyOneDump) {
  manifest_.stages.erase(manifest_.stages.begin() + 2);
  ExpectDisorder("0 database stages");
  manifest_ = Example();
  manifest_.stages.insert(manifest_.stages.begin() + 2, Stage(StageKind::kDatabase, "x", 2));
  manifest_.stages[2].end_frame = manifest_.stages[2].first_frame;
  manifest_.stages[2].finished_boot_ns = manifest_.stages[2].started_boot_ns;
  ExpectDisorder("2 database stages");
}

TEST_F(StageOrderTest, AStageEndsAfterItBegins) {
  manifest_.stages[4].end_frame = manifest_.stages[4].first_frame - 1;
  ExpectDisorder("ends before it begins");
}

TEST(ManifestTest, NestingWithoutEndTakesNoMemory) {
  const auto peak_bytes = [] {
    struct rusage usage = {};
    EXPECT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
    return static_cast<size_t>(usage.ru_maxrss) << 10;
  };
  constexpr size_t kDepth = 8'000'000;
  const std::string json = absl::StrCat("{\"version\": 1, \"x\": ", std::string(kDepth, '['),
                                        std::string(kDepth, ']'), "}");
  const auto before = peak_bytes();
  EXPECT_TRUE(absl::IsDataLoss(ParseManifest(json).status()));  // it has nothing else
  // ASan keeps some of what is freed.
  EXPECT_LT(peak_bytes() - before, kDepth * 32 * kMemoryFactor);
}

}  // namespace
}  // namespace ingot
