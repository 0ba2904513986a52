// The hot backup from its beginning: may it start, and when; then backup.h.
#pragma once

#include "absl/status/statusor.h"
#include "tools/alfresco/repository.h"
#include "tools/backup/backup.h"
#include "tools/schedule/schedule_flags.h"

namespace ingot {

struct HotBackupRequest {
  // What PlanAlfresco or PlanRepository said. An error is told with whatever else stands in the
  // way.
  absl::StatusOr<BackupPlan> plan = BackupPlan();
  const AlfrescoRequest* alfresco = nullptr;  // null without Alfresco
  CreateOptions create;
  ProgressMode progress = ProgressMode::kAuto;
  bool perf = false;  // tell at the end where the time went
  ScheduleOptions schedule;
  bool check_only = false;  // --check: the preflight alone
};

// Errors have been told when it returns a code; Unavailable (75) when another run holds the lock or
// an index job's window is open.
absl::StatusOr<ExitCode> HotBackup(HotBackupRequest request, Report& report);

}  // namespace ingot
