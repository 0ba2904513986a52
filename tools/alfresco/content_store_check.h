// Content stores that are configured where the plan does not look.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "tools/alfresco/coverage.h"
#include "tools/alfresco/settings.h"
#include "tools/preflight/result.h"

namespace ingot {

// Bounds of the look into alfresco/extension beside the properties file.
inline constexpr size_t kExtensionFilesMax = 500;
inline constexpr uint64_t kExtensionFileBytesMax = uint64_t{1} << 20;
inline constexpr int kExtensionDepthMax = 8;
inline constexpr size_t kStoresToldMax = 20;

// Warns of directories that exist and are not covered: values of properties that name stores
// (dir.*, *contentstore*, *.root.*, *.rootPath), in the settings and in the *.properties of
// subsystems, and paths in the *-context.xml files that speak of content stores; and of stores that
// are on no disk at all. `classes` is the directory of alfresco-global.properties.
PreflightResult CheckContentStores(const AlfrescoSettings& settings, absl::string_view base,
                                   const std::string& classes, Coverage* coverage);

// The texts of an XML document that may be paths: contents of elements and of attributes that begin
// with '/', "${" or "file:". Comments are passed over. For tests.
std::vector<std::string> PathsInXml(absl::string_view xml);

}  // namespace ingot
