// The jobs with which Alfresco has Solr write index backups, as the properties schedule them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/alfresco/settings.h"
#include "tools/schedule/schedule_flags.h"

namespace ingot {

// One for each core of subsystem solr, solr4 or solr6; of others ("noindex", "elasticsearch", an
// unknown one) none. What the properties do not say is Alfresco's default: 2 o'clock for the core
// alfresco, 4 o'clock for archive. InvalidArgument when a placeholder stays unresolved.
absl::StatusOr<std::vector<IndexJobText>> FindIndexJobs(const AlfrescoSettings& settings,
                                                        absl::string_view subsystem);

}  // namespace ingot
