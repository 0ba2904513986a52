#include "tools/alfresco/content_store_check.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing.h"
#include "tests/tools/alfresco/installation.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

using ContentStoreCheckTest = InstallationTest;

TEST(PathsInXmlTest, ElementsAndAttributesButNoComments) {
  EXPECT_THAT(PathsInXml("<a b='/one' c=\"${two}/x\"> file:/three <!-- <v>/four</v> -->"
                         "<v>five</v><v>\n /six \n</v></a>"),
              ElementsAre("/one", "${two}/x", "file:/three", "/six"));
  EXPECT_THAT(PathsInXml("<v>/a</v><!-- never ends <v>/b</v>"), ElementsAre("/a"));
  EXPECT_THAT(PathsInXml("<"), ElementsAre());
  EXPECT_THAT(PathsInXml(">/"), ElementsAre("/"));
}

TEST_F(ContentStoreCheckTest, StoresThatPropertiesName) {
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

TEST_F(ContentStoreCheckTest, StoresInExtensions) {
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

TEST_F(ContentStoreCheckTest, AnEmptyStoreMayNotBeMounted) {
  fs::remove_all(scratch_ / "alf_data/contentstore/2024");
  fs::create_directories(scratch_ / "alf_data/contentstore/lost+found");
  ExpectOne(Run(), Severity::kWarning, "content-store", {"contentstore is empty", "mounted"});
}

TEST_F(ContentStoreCheckTest, WhatCannotBeReadIsTold) {
  const std::string extension = "tomcat/shared/classes/alfresco/extension/";
  Write(extension + "broken.properties", "a=\\u12");
  Write(extension + "huge-context.xml", std::string(size_t{8} << 20, ' '));
  const std::vector<std::string> lines = LinesOf(Run(), "content-store");
  EXPECT_THAT(lines, testing::UnorderedElementsAre(HasSubstr("broken.properties: "),
                                                   HasSubstr("huge-context.xml is larger than")));
}

TEST_F(ContentStoreCheckTest, AnObjectStore) {
  ExpectNone(Run(), "content-store");
  Configure("s3.bucketName=our-bucket\n");
  ExpectOne(Run(), Severity::kWarning, "content-store", {"our-bucket", "own means"});
}

}  // namespace
}  // namespace ingot
