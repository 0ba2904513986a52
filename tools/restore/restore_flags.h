// The flags of `ingot restore --alfresco`.
#pragma once

#include "CLI/CLI.hpp"
#include "tools/restore/restore_request.h"

namespace ingot {

void AddAlfrescoRestoreFlags(CLI::App* verb, AlfrescoRestoreRequest* request);

}  // namespace ingot
