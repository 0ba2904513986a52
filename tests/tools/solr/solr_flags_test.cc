#include "tools/solr/solr_flags.h"

#include <map>

#include "tests/testing.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using testing::Not;

class SolrFlagsTest : public testing::Test {
 protected:
  void SetUp() override {
    index_.subsystem = "solr6";
    for (const char* name : {"alfresco", "archive"}) {
      IndexCore core;
      core.name = name;
      core.directory = core.location = std::string("/srv/solr6Backup/") + name;
      index_.cores.push_back(core);
    }
    properties_["solr.secureComms"] = "none";
  }
  void Parse(const std::string& line) {
    CLI::App app;
    SolrOptions options;
    AddSolrFlags(&app, &options);
    app.parse(line);
    options_ = options;
  }
  absl::StatusOr<SolrRequest> Plan() {
    return PlanSolrRequest(options_, AlfrescoSettings(properties_, overrides_), index_);
  }
  SolrRequest Planned() {
    const absl::StatusOr<SolrRequest> request = Plan();
    EXPECT_OK(request);
    return request.value_or(SolrRequest());
  }
  void ExpectUsageError(const std::string& text) {
    const absl::Status status = Plan().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("s3cret")));
  }

  ScratchDirectory scratch_;
  std::map<std::string, std::string> properties_;
  std::map<std::string, std::string> overrides_;
  IndexBackup index_;
  SolrOptions options_;
};

TEST_F(SolrFlagsTest, DefaultsOfTheSubsystems) {
  EXPECT_EQ(Planned().url, "http://localhost:8983/solr");
  index_.subsystem = "solr4";
  EXPECT_EQ(Planned().url, "http://localhost:8080/solr4");
  index_.subsystem = "solr";
  EXPECT_EQ(Planned().url, "http://localhost:8080/solr");
  EXPECT_EQ(Planned().cores[0].keep, 0);
  index_.subsystem = "solr4";
  properties_["solr.secureComms"] = "https";
  EXPECT_EQ(Planned().url, "https://localhost:8443/solr4");
  const SolrRequest request = Planned();
  ASSERT_EQ(request.cores.size(), 2u);
  EXPECT_EQ(request.cores[0].location, "/srv/solr6Backup/alfresco");
  EXPECT_EQ(request.cores[0].keep, 3);
  EXPECT_EQ(request.limit, absl::Hours(2));
  EXPECT_EQ(request.http.header_name, "");
}

TEST_F(SolrFlagsTest, PropertiesAreFollowed) {
  properties_["solr.host"] = "search.example.org";
  properties_["solr.port"] = "9999";
  properties_["solr.baseUrl"] = "/search/";
  properties_["solr.backup.archive.numberToKeep"] = "7";
  EXPECT_EQ(Planned().url, "http://search.example.org:9999/search");
  EXPECT_EQ(Planned().cores[1].keep, 7);
  properties_["solr.host"] = "::1";
  EXPECT_EQ(Planned().url, "http://[::1]:9999/search");
  properties_["solr.port"] = "http";
  ExpectUsageError("--solr-url");
}

TEST_F(SolrFlagsTest, FlagsWin) {
  WriteFile(scratch_ / "secret", "s3cret\nmore\n");
  Parse(
      "--solr-backup --solr-url https://h:1/s/ --solr-core archive --solr-timeout 90m --solr-keep "
      "0 "
      "--solr-location /remote --solr-ca /a --solr-cert /b --solr-key /c --solr-secret-file " +
      scratch_ / "secret");
  const SolrRequest request = Planned();
  EXPECT_TRUE(options_.backup);
  EXPECT_EQ(request.url, "https://h:1/s");
  ASSERT_EQ(request.cores.size(), 1u);
  EXPECT_EQ(request.cores[0].name, "archive");
  EXPECT_EQ(request.cores[0].location, "/remote/archive");
  EXPECT_EQ(request.cores[0].directory, "/srv/solr6Backup/archive");
  EXPECT_EQ(request.cores[0].keep, 0);
  EXPECT_EQ(request.limit, absl::Minutes(90));
  EXPECT_EQ(request.http.ca_file, "/a");
  EXPECT_EQ(request.http.certificate_file, "/b");
  EXPECT_EQ(request.http.key_file, "/c");
  EXPECT_EQ(request.http.header_name, "X-Alfresco-Search-Secret");
  EXPECT_EQ(request.http.header_value, "s3cret");
}

TEST_F(SolrFlagsTest, TheSecretOfTheProperties) {
  properties_["solr.secureComms"] = "secret";
  ExpectUsageError("--solr-secret-file");
  properties_["solr.sharedSecret"] = "s3cret";
  properties_["solr.sharedSecret.header"] = "X-Mine";
  EXPECT_EQ(Planned().http.header_name, "X-Mine");
  EXPECT_EQ(Planned().http.header_value, "s3cret");
  EXPECT_THAT(Planned().url, HasSubstr("http://"));
  overrides_["solr.sharedSecret"] = "s3cret";
  ExpectUsageError("seen by everyone");
}

TEST_F(SolrFlagsTest, WhatCannotBeAskedFor) {
  options_.cores = {"alfresco-0"};
  ExpectUsageError("--solr-core alfresco-0 is none of alfresco, archive");
  options_.cores.clear();
  properties_["solr.backup.alfresco.numberToKeep"] = "many";
  ExpectUsageError("--solr-keep");
  index_.cores.clear();
  ExpectUsageError("there is no index to back up");
  options_.secret_file = scratch_ / "missing";
  ExpectUsageError("--solr-secret-file");
}

TEST_F(SolrFlagsTest, FlagsThatAreWrong) {
  for (const char* line : {"--solr-url http://h", "--solr-backup --solr-timeout soon",
                           "--solr-backup --solr-timeout 0s", "--solr-backup --solr-keep -1"}) {
    EXPECT_THROW(Parse(line), CLI::ParseError) << line;
  }
}

}  // namespace
}  // namespace ingot
