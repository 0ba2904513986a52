#include "tools/schedule/index_jobs.h"

#include "tests/testing.h"

namespace ingot {
namespace {

constexpr char kAlfresco[] = "solr.backup.alfresco.cronExpression";
constexpr char kArchive[] = "solr.backup.archive.cronExpression";

TEST(IndexJobsTest, AlfrescosDefaults) {
  const AlfrescoSettings settings({}, {});
  for (const char* subsystem : {"solr", "solr4", "solr6"}) {
    const absl::StatusOr<std::vector<IndexJobText>> jobs = FindIndexJobs(settings, subsystem);
    ASSERT_OK(jobs);
    ASSERT_EQ(jobs->size(), 2u);
    EXPECT_EQ((*jobs)[0].name, kAlfresco);
    EXPECT_EQ((*jobs)[0].cron, "0 0 2 * * ?");
    EXPECT_EQ((*jobs)[1].name, kArchive);
    EXPECT_EQ((*jobs)[1].cron, "0 0 4 * * ?");
  }
}

TEST(IndexJobsTest, AsThePropertiesSay) {
  const AlfrescoSettings settings({{kAlfresco, "0 30 1 * * ? "}, {"night", "3"}},
                                  {{kArchive, "0 0 ${night} ? * SUN"}});
  const absl::StatusOr<std::vector<IndexJobText>> jobs = FindIndexJobs(settings, "solr6");
  ASSERT_OK(jobs);
  EXPECT_EQ((*jobs)[0].cron, "0 30 1 * * ?");
  EXPECT_EQ((*jobs)[1].cron, "0 0 3 ? * SUN");
}

TEST(IndexJobsTest, NoSolrNoJobs) {
  const AlfrescoSettings settings({{kAlfresco, "0 30 1 * * ?"}}, {});
  for (const char* subsystem : {"", "noindex", "elasticsearch"}) {
    const absl::StatusOr<std::vector<IndexJobText>> jobs = FindIndexJobs(settings, subsystem);
    ASSERT_OK(jobs);
    EXPECT_TRUE(jobs->empty()) << subsystem;
  }
}

TEST(IndexJobsTest, AnUnresolvedPlaceholderIsTold) {
  const AlfrescoSettings settings({{kAlfresco, "0 0 ${no.such} * * ?"}}, {});
  EXPECT_EQ(FindIndexJobs(settings, "solr6").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ingot
