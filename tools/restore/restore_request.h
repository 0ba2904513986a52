// What `ingot restore --alfresco` is asked for.
#pragma once

#include <map>
#include <string>

#include "tools/alfresco/repository.h"
#include "tools/progress.h"

namespace ingot {

inline constexpr char kDatabaseNone[] = "none";

struct AlfrescoRestoreRequest {
  std::string container;
  AlfrescoRequest alfresco;                   // properties, overrides, database, password file
  std::string user;                           // --db-user
  std::map<std::string, std::string> places;  // --place: member path to absolute directory
  bool no_owner = false;                      // of what is in the database
  bool force = false;                         // also where something is, or is in use
  bool numeric_owner = false;
  int threads = 0;
  uint64_t read_bytes_per_second = 0;   // of the container; 0: no limit
  uint64_t write_bytes_per_second = 0;  // into files; 0: no limit
  ProgressMode progress = ProgressMode::kAuto;
};

}  // namespace ingot
