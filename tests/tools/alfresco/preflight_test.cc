#include "tools/alfresco/preflight.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"
#include "tests/tools/alfresco/installation.h"
#include "tests/tools/preflight/checks.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
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

using AlfrescoPreflightTest = InstallationTest;

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

}  // namespace
}  // namespace ingot
