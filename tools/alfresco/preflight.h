// What only Alfresco's properties tell before a backup.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/alfresco/repository.h"
#include "tools/alfresco/settings.h"
#include "tools/backup/plan.h"
#include "tools/preflight/result.h"

namespace ingot {

inline constexpr absl::Duration kIndexAgeMax = absl::Hours(48);
inline constexpr int kOrphanProtectDaysDefault = 14;

struct AlfrescoPreflightOptions {
  absl::Duration expected_duration = absl::ZeroDuration();  // of the run; zero: not known
  absl::Time now = absl::Now();
  absl::TimeZone time_zone = absl::LocalTimeZone();  // the server's: snapshots are named in it
};

// `plan` is what PlanAlfresco said to the same request. Where that is an error it becomes a check,
// and what can be looked at without a plan is looked at all the same, so that one run tells as much
// as it can.
PreflightResult CheckAlfresco(const AlfrescoRequest& request,
                              const absl::StatusOr<BackupPlan>& plan,
                              const AlfrescoPreflightOptions& options);

// The pieces of it.
PreflightResult CheckOrphans(const AlfrescoSettings& settings, absl::Duration expected_duration);
PreflightResult CheckPlaceholders(const AlfrescoSettings& settings);
PreflightResult CheckEncryptedValues(const AlfrescoSettings& settings, bool has_password);
PreflightResult CheckSolr(const AlfrescoSettings& settings, absl::string_view base);
PreflightResult CheckIndexAge(const BackupPlan& plan, absl::Time now, absl::TimeZone zone);
PreflightResult CheckContentStoreHoldsSomething(const BackupPlan& plan);

}  // namespace ingot
