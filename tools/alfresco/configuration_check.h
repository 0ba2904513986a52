// Keys and configuration that a restore needs and the plan does not take.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "tools/alfresco/coverage.h"
#include "tools/alfresco/settings.h"
#include "tools/preflight/result.h"

namespace ingot {

inline constexpr size_t kConfigurationEntriesMax = 200;  // looked at in one directory

// An encrypted content store whose keys are not covered is a warning, the keystore of the server's
// own encrypted properties likewise when it is a file; keys inside of the web application are a
// note.
PreflightResult CheckKeystores(const AlfrescoSettings& settings, absl::string_view base,
                               Coverage* coverage);

// Notes, each with the words that take it: the properties file with shared/classes, licences,
// modules (amps, amps_share, modules), web applications that are not Alfresco's own, Solr's
// configuration. `properties_file` is absolute. Looks in the usual places, from the properties
// file and from `base`.
PreflightResult CheckConfiguration(const AlfrescoSettings& settings, const std::string& base,
                                   const std::string& properties_file, Coverage* coverage);

}  // namespace ingot
