#include "tools/schedule/index_jobs.h"

#include "absl/strings/ascii.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr absl::string_view kSolrSubsystems[] = {"solr", "solr4", "solr6"};

struct Job {
  const char* property;
  const char* cron;
};
constexpr Job kDefaults[] = {
    {"solr.backup.alfresco.cronExpression", "0 0 2 * * ?"},
    {"solr.backup.archive.cronExpression", "0 0 4 * * ?"},
};

bool HasJobs(absl::string_view subsystem) {
  for (const absl::string_view solr : kSolrSubsystems) {
    if (subsystem == solr) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<IndexJobText>> FindIndexJobs(const AlfrescoSettings& settings,
                                                        absl::string_view subsystem) {
  std::vector<IndexJobText> jobs;
  if (!HasJobs(subsystem)) return jobs;
  for (const Job& job : kDefaults) {
    INGOT_ASSIGN_OR_RETURN(const std::string cron, settings.Get(job.property));
    const absl::string_view said = absl::StripAsciiWhitespace(cron);
    jobs.push_back({job.property, said.empty() ? job.cron : std::string(said)});
  }
  return jobs;
}

}  // namespace ingot
