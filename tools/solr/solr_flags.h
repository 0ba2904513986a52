// --solr-backup and what belongs to it.
#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/alfresco/index_backup.h"
#include "tools/alfresco/settings.h"
#include "tools/solr/replication.h"

namespace ingot {

struct SolrOptions {
  static constexpr int kKeepOfProperties = -1;
  static constexpr int kKeepMax = 1000;

  bool backup = false;             // --solr-backup
  std::string url;                 // --solr-url; empty: solr.host, solr.port, solr.baseUrl ...
  std::vector<std::string> cores;  // --solr-core; empty: all
  absl::Duration timeout = absl::Hours(2);  // --solr-timeout
  int keep = kKeepOfProperties;             // --solr-keep
  std::string secret_file;                  // --solr-secret-file
  std::string certificate_file;             // --solr-cert
  std::string key_file;                     // --solr-key
  std::string ca_file;                      // --solr-ca
  std::string location;                     // --solr-location: DIR/alfresco and DIR/archive
};

// Paths count from the working directory. All but --solr-backup need it.
void AddSolrFlags(CLI::App* verb, SolrOptions* options);

// What the flags leave open comes from the properties. InvalidArgument, with the remedy: there are
// no cores to back up, a core that is none of them, a secret that is missing or was given in an
// argument.
absl::StatusOr<SolrRequest> PlanSolrRequest(const SolrOptions& options, AlfrescoSettings settings,
                                            const IndexBackup& index);

}  // namespace ingot
