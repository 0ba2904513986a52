#include "tools/alfresco/configuration_check.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"
#include "tests/tools/alfresco/installation.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using ConfigurationCheckTest = InstallationTest;

TEST_F(ConfigurationCheckTest, ConfigurationOutsideIsNamedWithTheWordsThatTakeIt) {
  Configure("db.password=s3cret\n");
  const std::vector<std::string> lines = LinesOf(Run(), "configuration");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("password in it"));
  EXPECT_THAT(lines[0], HasSubstr(absl::StrCat("--also ", scratch_ / "tomcat/shared/classes")));
  request_.also = {scratch_ / "tomcat/shared/classes"};
  EXPECT_THAT(LinesOf(Run(), "configuration"), testing::IsEmpty());
  ASSERT_OK(plan_);  // the words go with the plan
}

TEST_F(ConfigurationCheckTest, SolrModulesAndWebApplications) {
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

TEST_F(ConfigurationCheckTest, Keystores) {
  ExpectOne(Run(), Severity::kNote, "keystore", {"classpath:alfresco/keystore"});
  fs::create_directories(scratch_ / "keys");
  Configure(absl::StrCat("dir.keystore=", scratch_ / "keys\n"));
  ExpectOne(Run(), Severity::kWarning, "keystore", {scratch_ / "keys", "apart", "--also"});
  request_.keystore = true;
  ExpectNone(Run(), "keystore");
}

TEST_F(ConfigurationCheckTest, EncryptedContent) {
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

TEST_F(ConfigurationCheckTest, ALicenceOutside) {
  request_.also = {scratch_ / "tomcat/shared/classes"};
  Write("licences/acme.lic", "");
  Write("licences/readme.txt", "");
  Configure(absl::StrCat("dir.license.external=", scratch_ / "licences\n"));
  ExpectOne(Run(), Severity::kNote, "configuration", {scratch_ / "licences/acme.lic", "licence"});
}

}  // namespace
}  // namespace ingot
