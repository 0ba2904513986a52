// An Alfresco installation in a scratch directory, and what the preflight says of it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"
#include "tests/tools/preflight/checks.h"
#include "tools/alfresco/preflight.h"

namespace ingot {

// An installation as the old installers made it: home/tomcat, home/alf_data, home/solr4.
class InstallationTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"INGOT_DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD"}) unsetenv(name);
    for (const char* name : {"alf_data/contentstore", "alf_data/contentstore.deleted"}) {
      std::filesystem::create_directories(scratch_ / name);
    }
    Write("alf_data/contentstore/2024/a.bin", "content");
    request_.properties_file = scratch_ / "tomcat/shared/classes/alfresco-global.properties";
    request_.base = scratch_.path();
    request_.output = scratch_ / "out.tar.zst";
    request_.index_none = true;
    Configure("");
  }
  void Write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(scratch_ / name).parent_path());
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

}  // namespace ingot
