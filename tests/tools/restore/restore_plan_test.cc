#include "tools/restore/restore_plan.h"

#include "absl/strings/str_cat.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;

class RestorePlanTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
    manifest_.source = "alfresco";
    manifest_.index_subsystem = "solr6";
    manifest_.database = {"postgresql", "pg_dump 15.18", "database/alf.sql"};
    Stage(StageKind::kIndex, "solr6Backup/alfresco/snapshot.1", "/old/root");
    Stage(StageKind::kDatabase, "database/alf.sql", "");
    Stage(StageKind::kContent, "contentstore", "/old/root", StageRole::kContentStore);
    Properties("dir.root=/new/root\n");
    request_.container = "b.tar.zst";
    request_.alfresco.properties_file = scratch_ / "p";
  }
  void Stage(StageKind kind, const std::string& name, const std::string& above,
             StageRole role = StageRole::kOther) {
    ManifestStage stage;
    stage.kind = kind;
    stage.name = name;
    stage.role = role;
    if (!above.empty()) stage.source = absl::StrCat(above, "/", name);
    manifest_.stages.push_back(stage);
  }
  void Properties(const std::string& text) {
    WriteFile(scratch_ / "p", "db.url=jdbc:postgresql://db/alf\ndb.username=alf\n" + text);
  }
  // "member -> directory" for each tree, "member left" for what is not put back.
  std::string Plan() {
    const absl::StatusOr<RestorePlan> plan = PlanRestore(manifest_, request_);
    if (!plan.ok()) return std::string(plan.status().message());
    std::string text;
    for (const RestoreTree& tree : plan->trees) {
      absl::StrAppend(&text, tree.member, " -> ", tree.directory, "\n");
    }
    for (const ManifestStage& stage : plan->left_out) absl::StrAppend(&text, stage.name, " left\n");
    return text;
  }

  ScratchDirectory scratch_;
  Manifest manifest_;
  AlfrescoRestoreRequest request_;
};

TEST_F(RestorePlanTest, FollowsTodaysProperties) {
  Stage(StageKind::kContent, "audit.contentstore", "/old/root");
  Stage(StageKind::kContent, "extension", "/etc/alfresco");
  Stage(StageKind::kContent, "contentstore.deleted", "/old/root", StageRole::kDeletedContent);
  EXPECT_EQ(Plan(),
            "solr6Backup/alfresco/snapshot.1 -> /new/root/solr6Backup/alfresco/snapshot.1\n"
            "contentstore -> /new/root/contentstore\n"
            "audit.contentstore -> /new/root/audit.contentstore\n"
            "contentstore.deleted -> /new/root/contentstore.deleted\n"
            "extension left\n");
  Properties(
      "dir.root=/new/root\ndir.contentstore=/fast/store\ndir.contentstore.deleted=/slow/trash\n"
      "solr.backup.alfresco.remoteBackupLocation=/solr/a\n");
  request_.places["extension"] = "/etc/new";
  EXPECT_EQ(Plan(),
            "solr6Backup/alfresco/snapshot.1 -> /solr/a/snapshot.1\n"
            "contentstore -> /fast/store\n"
            "audit.contentstore -> /new/root/audit.contentstore\n"
            "extension -> /etc/new\n"
            "contentstore.deleted -> /slow/trash\n");
}

TEST_F(RestorePlanTest, StoresThatLayElsewhereAndTenants) {
  manifest_.stages.pop_back();
  Stage(StageKind::kContent, "data", "/mnt", StageRole::kContentStore);
  Stage(StageKind::kContent, "tenants", "/mnt2", StageRole::kContentStore);
  Stage(StageKind::kContent, "oldroot", "/mnt");
  EXPECT_THAT(Plan(), HasSubstr("no place for tenants: dir.contentstore.tenants is ''; give one "
                                "with --place tenants=DIR"));
  Properties("dir.root=/new/root\ndir.contentstore.tenants=/new/tenants\n");
  EXPECT_THAT(Plan(), HasSubstr("data -> /new/root/contentstore\ntenants -> /new/tenants\n"));
  EXPECT_THAT(Plan(), HasSubstr("oldroot left\n"));  // dir.root was /old/root, the index says
}

TEST_F(RestorePlanTest, ManifestsWithoutRolesGoByName) {
  manifest_.stages.back().role = StageRole::kOther;
  Stage(StageKind::kContent, "contentstore.deleted", "/old/root");
  Stage(StageKind::kContent, "keystore", "/old/secret");
  Properties("dir.root=/new/root\ndir.contentstore=/fast/store\ndir.keystore=/new/keystore\n");
  const absl::StatusOr<RestorePlan> plan = PlanRestore(manifest_, request_);
  ASSERT_OK(plan);
  EXPECT_EQ(plan->trees[1].directory, "/fast/store");
  EXPECT_EQ(plan->trees[1].role, StageRole::kContentStore);
  EXPECT_EQ(plan->trees[2].role, StageRole::kDeletedContent);
  EXPECT_EQ(plan->trees[3].directory, "/new/keystore");
}

TEST_F(RestorePlanTest, RefusesWhatCannotBeMeant) {
  manifest_.source = "repository";
  EXPECT_THAT(Plan(), HasSubstr("no backup of an Alfresco repository: restore it with -C DIR"));
  manifest_.source = "alfresco";
  request_.places["nothing"] = "/x";
  EXPECT_THAT(Plan(), HasSubstr("--place nothing: the backup has no such root"));
  request_.places.clear();
  request_.places["contentstore"] = "/new/root/solr6Backup/alfresco/snapshot.1";
  EXPECT_THAT(Plan(), HasSubstr("would both go to"));
  request_.places.clear();
  manifest_.stages.back().name = "../contentstore";
  EXPECT_THAT(Plan(), HasSubstr("as ingot never does"));
}

TEST_F(RestorePlanTest, TheDatabaseIsOfTheDumpsVendor) {
  EXPECT_EQ(PlanRestore(manifest_, request_)->database->url.user, "alf");
  request_.user = "other";
  EXPECT_EQ(PlanRestore(manifest_, request_)->database->url.user, "other");
  request_.alfresco.database_url = "mysql://h/db";
  EXPECT_THAT(Plan(), HasSubstr("the dump is postgresql's, and mysql://other@h/db is not"));
  manifest_.database.vendor = "mariadb";
  EXPECT_OK(PlanRestore(manifest_, request_));
  manifest_.database.vendor = "command";
  EXPECT_THAT(Plan(), HasSubstr("ingot cat b.tar.zst database/alf.sql | that command"));
  request_.alfresco.database_url = "none";
  EXPECT_FALSE(PlanRestore(manifest_, request_)->database.has_value());
}

}  // namespace
}  // namespace ingot
