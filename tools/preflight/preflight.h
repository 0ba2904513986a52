// All that can be looked at before a backup and needs no Alfresco; tools/alfresco/preflight.h has
// what only its properties tell.
//
// Nothing is written anywhere, and nothing takes long: the database server may take
// kDatabaseSecondsMax, the trees are looked into within SampleLimits.
#pragma once

#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/backup/earlier_runs.h"
#include "tools/backup/plan.h"
#include "tools/preflight/result.h"
#include "tools/preflight/source_sample.h"

namespace ingot {

struct PreflightOptions {
  std::string output;           // a file, or "-"
  std::string spool_directory;  // CreateOptions::spool_directory
  EarlierRuns earlier;
  SampleLimits sample;
  absl::Time now = absl::Now();
};

PreflightResult CheckBackup(const BackupPlan& plan, const PreflightOptions& options);

}  // namespace ingot
