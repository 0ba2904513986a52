#include "tools/alfresco/preflight.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"
#include "tests/tools/preflight/checks.h"
#include "tools/alfresco/content_store_check.h"
#include "tools/alfresco/coverage.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

AlfrescoSettings Settings(std::map<std::string, std::string> values) {
  return AlfrescoSettings(std::move(values), {});
}

TEST(OrphanCheckTest, EagerCleanup) {
  ExpectOne(CheckOrphans(Settings({{"system.content.eagerOrphanCleanup", "True "}}), {}),
            Severity::kWarning, "orphan-cleanup", {"eagerOrphanCleanup=true"});
  ExpectNone(CheckOrphans(Settings({{"system.content.eagerOrphanCleanup", "false"}}), {}),
             "orphan-cleanup");
  ExpectNone(CheckOrphans(Settings({}), {}), "orphan-cleanup");
}

TEST(OrphanCheckTest, ProtectionAgainstTheExpectedDuration) {
  const std::string name = "system.content.orphanProtectDays";
  ExpectNone(CheckOrphans(Settings({}), absl::Hours(24 * 13)), "orphan-protection");
  ExpectOne(CheckOrphans(Settings({}), absl::Hours(24 * 14)), Severity::kWarning,
            "orphan-protection", {"=14", "14 days"});
  ExpectNone(CheckOrphans(Settings({{name, "1"}}), absl::Hours(23)), "orphan-protection");
  ExpectOne(CheckOrphans(Settings({{name, "1"}}), absl::Hours(30)), Severity::kWarning,
            "orphan-protection", {"=1 is less", "30 h"});
  ExpectOne(CheckOrphans(Settings({{name, "0"}}), {}), Severity::kWarning, "orphan-protection",
            {"=0"});
  ExpectOne(CheckOrphans(Settings({{name, "many"}}), {}), Severity::kWarning, "orphan-protection",
            {"many is no number"});
}

TEST(PlaceholderCheckTest, KnownPropertiesOnly) {
  ExpectOne(
      CheckPlaceholders(Settings({{"dir.extra", "${nowhere}/x"}, {"dir.more", "${nowhere}"}})),
      Severity::kWarning, "placeholder", {"dir.extra", "${nowhere}", "--set nowhere=VALUE"});
  ExpectNone(CheckPlaceholders(Settings({{"my.own", "${nowhere}"}})), "placeholder");
  ExpectNone(CheckPlaceholders(Settings({{"dir.extra", "${dir.root}/x"}})), "placeholder");
}

TEST(PlaceholderCheckTest, NoPartOfAPasswordIsShown) {
  const PreflightResult result = CheckPlaceholders(Settings({{"db.password", "a${s3cret}b"}}));
  ExpectOne(result, Severity::kWarning, "placeholder", {"db.password", "--password-file"});
  EXPECT_THAT(CheckText(result.checks[0]), testing::Not(HasSubstr("s3cret")));
}

TEST(EncryptedValuesCheckTest, PasswordsFromElsewhere) {
  const AlfrescoSettings encrypted = Settings({{"db.password", "ENC(abc)"}});
  ExpectOne(CheckEncryptedValues(encrypted, true), Severity::kNote, "password", {"elsewhere"});
  ExpectNone(CheckEncryptedValues(Settings({{"db.password", "plain"}}), true), "password");
  ExpectOne(CheckEncryptedValues(Settings({{"solr.sharedSecret", "ENC(x)"}}), true),
            Severity::kWarning, "password", {"solr.sharedSecret", "--solr-secret-file"});
}

TEST(SolrCheckTest, Shards) {
  ExpectOne(CheckSolr(Settings({{"solr.useDynamicShardRegistration", "true"}}), "/"),
            Severity::kWarning, "sharded-solr", {"useDynamicShardRegistration", "--index none"});
  const std::string name = "solr6.store.mappings.value.solrMappingAlfresco.numShards";
  ExpectOne(CheckSolr(Settings({{name, "4"}}), "/"), Severity::kWarning, "sharded-solr", {"=4"});
  ExpectNone(CheckSolr(Settings({{name, "1"}}), "/"), "sharded-solr");
  ExpectNone(CheckSolr(Settings({{name, "4"}, {"index.subsystem.name", "elasticsearch"}}), "/"),
             "sharded-solr");
}

TEST(SolrCheckTest, OneLocationForBothCores) {
  const auto locations = [](const std::string& a, const std::string& b) {
    return Settings({{"solr.backup.alfresco.remoteBackupLocation", a},
                     {"solr.backup.archive.remoteBackupLocation", b}});
  };
  ExpectOne(CheckSolr(locations("/b/x", "/b/./x"), "/"), Severity::kWarning, "solr-location",
            {"/b/x"});
  ExpectNone(CheckSolr(locations("/b/x", "/b/y"), "/"), "solr-location");
}

TEST(IndexAgeCheckTest, ByTheSnapshotsName) {
  BackupPlan plan;
  plan.index.push_back({.source_path = "/b/alfresco/snapshot.20260102020000123"});
  const absl::TimeZone zone = absl::UTCTimeZone();
  const absl::Time made = absl::FromCivil(absl::CivilSecond(2026, 1, 2, 2, 0, 0), zone);
  ExpectNone(CheckIndexAge(plan, made + absl::Hours(47), zone), "index-age");
  ExpectOne(CheckIndexAge(plan, made + absl::Hours(73), zone), Severity::kWarning, "index-age",
            {"snapshot.20260102020000123", "3 days", "--solr-backup"});
  const absl::TimeZone ahead = absl::FixedTimeZone(14 * 3600);
  ExpectOne(CheckIndexAge(plan, made + absl::Hours(47), ahead), Severity::kWarning, "index-age",
            {"old"});
}

TEST(IndexAgeCheckTest, WithoutADateInItsNameByItsDirectory) {
  ScratchDirectory scratch;
  fs::create_directories(scratch / "snapshot.nightly");
  BackupPlan plan;
  plan.index.push_back({.source_path = scratch / "snapshot.nightly"});
  ExpectNone(CheckIndexAge(plan, absl::Now(), absl::UTCTimeZone()), "index-age");
  ExpectOne(CheckIndexAge(plan, absl::Now() + absl::Hours(72), absl::UTCTimeZone()),
            Severity::kWarning, "index-age", {"snapshot.nightly"});
}

TEST(PathsInXmlTest, ElementsAndAttributesButNoComments) {
  EXPECT_THAT(PathsInXml("<a b='/one' c=\"${two}/x\"> file:/three <!-- <v>/four</v> -->"
                         "<v>five</v><v>\n /six \n</v></a>"),
              ElementsAre("/one", "${two}/x", "file:/three", "/six"));
  EXPECT_THAT(PathsInXml("<v>/a</v><!-- never ends <v>/b</v>"), ElementsAre("/a"));
  EXPECT_THAT(PathsInXml("<"), ElementsAre());
  EXPECT_THAT(PathsInXml(">/"), ElementsAre("/"));
}

// An installation as the old installers made it: home/tomcat, home/alf_data, home/solr4.
class AlfrescoPreflightTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
    for (const char* name : {"alf_data/contentstore", "alf_data/contentstore.deleted"}) {
      fs::create_directories(scratch_ / name);
    }
    request_.properties_file = scratch_ / "tomcat/shared/classes/alfresco-global.properties";
    request_.base = scratch_.path();
    request_.output = scratch_ / "out.tar.zst";
    request_.index_none = true;
    Configure("");
  }
  void Write(const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(scratch_ / name).parent_path());
    WriteFile(scratch_ / name, content);
  }
  void Configure(const std::string& more) {
    Write("tomcat/shared/classes/alfresco-global.properties",
          absl::StrCat("dir.root=", scratch_ / "alf_data",
                       "\ndb.url=jdbc:postgresql://db/alfresco\ndb.username=alf\n", more));
  }
  PreflightResult Run() {
    plan_ = PlanAlfresco(request_);
    return CheckAlfresco(request_, plan_, {});
  }
  std::vector<std::string> LinesOf(const PreflightResult& result, const std::string& subject) {
    std::vector<std::string> lines;
    for (const Check& check : ChecksOf(result, subject)) lines.push_back(CheckText(check));
    return lines;
  }

  ScratchDirectory scratch_;
  AlfrescoRequest request_;
  absl::StatusOr<BackupPlan> plan_;
};

TEST_F(AlfrescoPreflightTest, APlanThatCannotBeMadeIsACheckAndTheRestIsLookedAt) {
  Configure("db.password=ENC(x)\nsystem.content.eagerOrphanCleanup=true\n");
  const PreflightResult result = Run();
  ExpectOne(result, Severity::kError, "password", {"ENC(...)", "--password-file"});
  EXPECT_EQ(result.verdict.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ChecksOf(result, "orphan-cleanup").size(), 1u);

  Configure("dir.contentstore=${nowhere}/store\n");
  EXPECT_FALSE(Run().verdict.ok());
  EXPECT_FALSE(ChecksOf(Run(), "placeholder").empty());
  fs::remove_all(scratch_ / "alf_data");
  Configure("");
  EXPECT_EQ(ChecksOf(Run(), "configuration").size(), 1u);
  request_.properties_file = scratch_ / "missing.properties";
  EXPECT_EQ(Run().verdict.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(AlfrescoPreflightTest, ConfigurationOutsideIsNamedWithTheWordsThatTakeIt) {
  Configure("db.password=s3cret\n");
  const std::vector<std::string> lines = LinesOf(Run(), "configuration");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("password in it"));
  EXPECT_THAT(lines[0], HasSubstr(absl::StrCat("--also ", scratch_ / "tomcat/shared/classes")));
  request_.also = {scratch_ / "tomcat/shared/classes"};
  EXPECT_THAT(LinesOf(Run(), "configuration"), testing::IsEmpty());
  ASSERT_OK(plan_);  // the words go with the plan
}

TEST_F(AlfrescoPreflightTest, SolrModulesAndWebApplications) {
  request_.also = {scratch_ / "tomcat/shared/classes"};
  Write("solr4/workspace-SpacesStore/conf/solrcore.properties", "");
  Write("solr4/archive-SpacesStore/conf/solrcore.properties", "");
  Write("solr4/conf/unrelated", "");
  Write("amps/records.amp", "");
  fs::create_directories(scratch_ / "amps_share");
  Write("tomcat/webapps/alfresco.war", "");
  Write("tomcat/webapps/our portal.war", "");
  const std::vector<std::string> lines = LinesOf(Run(), "configuration");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0],
              HasSubstr(absl::StrCat("--also '", scratch_ / "tomcat/webapps/our portal.war'")));
  EXPECT_THAT(lines[1], HasSubstr(absl::StrCat("--also ", scratch_ / "amps")));
  EXPECT_THAT(lines[2], HasSubstr(absl::StrCat("--also ", scratch_ / "solr4/archive")));
  // Two members cannot both be "conf".
  EXPECT_THAT(lines[3], HasSubstr(absl::StrCat("ingot create -o configuration.tar.zst ",
                                               scratch_ / "solr4/workspace")));
}

TEST_F(AlfrescoPreflightTest, StoresThatPropertiesName) {
  fs::create_directories(scratch_ / "second store");
  fs::create_directories(scratch_ / "alf_data/archive");  // taken for a live index by its name
  fs::create_directories(scratch_ / "alf_data/audit.contentstore");
  Configure(absl::StrCat("dir.second=", scratch_ / "second store",
                         "\narchive.contentstore.path=${dir.root}/archive\n"
                         "dir.auditcontentstore=${dir.root}/audit.contentstore\n"
                         "dir.missing=/nowhere/at/all\nother.property=",
                         scratch_ / "tomcat", "\n"));
  const std::vector<std::string> lines = LinesOf(Run(), "content-store");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("archive.contentstore.path: "));
  EXPECT_THAT(lines[1], HasSubstr(absl::StrCat("--also '", scratch_ / "second store'")));
  request_.also = {scratch_ / "second store", scratch_ / "alf_data/archive"};
  EXPECT_THAT(LinesOf(Run(), "content-store"), testing::IsEmpty());
  ASSERT_OK(plan_);
}

TEST_F(AlfrescoPreflightTest, StoresInExtensions) {
  const std::string extension = "tomcat/shared/classes/alfresco/extension/";
  for (const char* name : {"one", "two", "three", "four"}) fs::create_directories(scratch_ / name);
  Write(
      extension + "stores-context.xml",
      absl::StrCat("<bean class=\"org.alfresco.repo.content.filestore.FileContentStore\">"
                   "<constructor-arg><value>",
                   scratch_ / "one",
                   "</value></constructor-arg>"
                   "<property name=\"deletedContentPath\" value=\"${dir.root}/../two\"/></bean>"));
  Write(extension + "other-context.xml",
        absl::StrCat("<bean class=\"x.Y\"><value>", scratch_ / "three", "</value></bean>"));
  Write(extension + "subsystems/ContentStore/a/a/stores.properties",
        absl::StrCat("simpleContentStores.customStore.s.value.rootPath=", scratch_ / "four\n"));
  const std::vector<std::string> lines = LinesOf(Run(), "content-store");
  EXPECT_THAT(lines, testing::UnorderedElementsAre(HasSubstr(scratch_ / "one is not"),
                                                   HasSubstr(scratch_ / "two is not"),
                                                   HasSubstr(scratch_ / "four is not")));
}

TEST_F(AlfrescoPreflightTest, AnObjectStore) {
  ExpectNone(Run(), "content-store");
  Configure("s3.bucketName=our-bucket\n");
  ExpectOne(Run(), Severity::kWarning, "content-store", {"our-bucket", "own means"});
}

TEST_F(AlfrescoPreflightTest, Keystores) {
  ExpectOne(Run(), Severity::kNote, "keystore", {"classpath:alfresco/keystore"});
  fs::create_directories(scratch_ / "keys");
  Configure(absl::StrCat("dir.keystore=", scratch_ / "keys\n"));
  ExpectOne(Run(), Severity::kWarning, "keystore", {scratch_ / "keys", "apart", "--also"});
  request_.keystore = true;
  ExpectNone(Run(), "keystore");
}

TEST_F(AlfrescoPreflightTest, EncryptedContent) {
  Write("keys/content", "k");
  fs::create_directories(scratch_ / "own");
  const std::string own = absl::StrCat("dir.keystore=", scratch_ / "own\n");
  request_.keystore = true;  // the server's own is taken
  Configure(absl::StrCat(own, "filecontentstore.subsystem.name=encryptedContentStore\n"));
  ExpectOne(Run(), Severity::kWarning, "keystore", {"cryptodoc.jce.keystore.path"});
  Configure(absl::StrCat(own, "filecontentstore.subsystem.name=encryptedContentStore\n",
                         "cryptodoc.jce.keystore.path=", scratch_ / "keys/content\n"));
  ExpectOne(Run(), Severity::kWarning, "keystore", {scratch_ / "keys/content", "encrypted"});
  request_.also = {scratch_ / "keys"};
  ExpectNone(Run(), "keystore");
}

TEST(ShellWordTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(ShellWord("/a/b-c_1.x"), "/a/b-c_1.x");
  EXPECT_EQ(ShellWord("/a b"), "'/a b'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace ingot
