// How each verb has to end: what README says of its exit codes, call by call.
#pragma once

#include <vector>

#include "tests/faults/expectation.h"

namespace ingot {

// Of `create` and `backup` as the sweeps run them: `tree` is the source, `target` where the file
// goes.
const std::vector<Rule>& CreateRules();
const std::vector<Rule>& BackupRules();
// Of `restore` and `salvage` into `out`, and of verbs that only read; `f.tar.zst` is the container,
// `printed` what standard output goes to.
const std::vector<Rule>& RestoreRules();
const std::vector<Rule>& SalvageRules();
// By alfresco-global.properties: of the server `old`, onto the server `new`.
const std::vector<Rule>& AlfrescoBackupRules();
const std::vector<Rule>& AlfrescoRestoreRules();
// The same with a database server.
const std::vector<Rule>& ServerBackupRules();
const std::vector<Rule>& ServerRestoreRules();
// Of a backup of `old` that asks Solr first.
const std::vector<Rule>& SolrBackupRules();
const std::vector<Rule>& ReadingRules();

}  // namespace ingot
