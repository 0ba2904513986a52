#include "tools/preflight/system_check.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "io/clock.h"
#include "io/directory.h"
#include "io/fd.h"
#include "io/identity.h"
#include "io/status.h"
#include "tools/preflight/plan_roots.h"
#include "tools/size.h"

namespace ingot {
namespace {

// "user alfresco (1001)"
std::string Self() {
  const std::string name = io::UserName(geteuid());
  return name.empty() ? absl::StrCat("user ", geteuid())
                      : absl::StrCat("user ", name, " (", geteuid(), ")");
}

absl::Time TimeOf(const struct timespec& time) { return absl::TimeFromTimespec(time); }

// What is not needed is left out with a finding, as anything that cannot be read.
void CheckRoot(const TreeRoot& root, bool is_needed, PreflightResult* result) {
  const io::Fd opened(open(root.source_path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (opened.valid()) return;
  const int error = errno;
  if (error == EIO || error == ESTALE || error == ENOTCONN) {
    const absl::Status status = ErrnoStatus(error, "open", root.source_path);
    result->Error(status.code(), "unreadable", std::string(status.message()), "");
  }
  if (error != EACCES && error != EPERM) return;
  const std::string text = absl::StrCat(root.source_path, " cannot be read by ", Self());
  if (is_needed) {
    result->Error(absl::StatusCode::kPermissionDenied, "unreadable", text, kRunAsRemedy);
  } else {
    result->Warning("unreadable", text, kRunAsRemedy);
  }
}

}  // namespace

PreflightResult CheckReadable(const BackupPlan& plan, const SourceSample& sample) {
  PreflightResult result;
  for (const TreeRoot& root : plan.index) CheckRoot(root, /*is_needed=*/true, &result);
  for (const PlannedRoot& root : plan.content) {
    CheckRoot(root, root.role != StageRole::kOther, &result);
  }
  if (sample.unreadable == 0 || !result.verdict.ok()) return result;
  result.Warning("unreadable",
                 absl::StrCat(sample.complete ? "" : "at least ", FormatCount(sample.unreadable),
                              " of ", FormatCount(sample.entries),
                              sample.complete ? " files and directories" : " that were looked at",
                              " cannot be read: ", absl::StrJoin(sample.unreadable_names, ", "),
                              sample.unreadable > sample.unreadable_names.size() ? ", ..." : ""),
                 kRunAsRemedy);
  return result;
}

PreflightResult CheckRights(const BackupPlan& plan) {
  PreflightResult result;
  if (geteuid() == 0 || plan.content.empty()) return result;
  struct stat status;
  if (stat(plan.content[0].source_path.c_str(), &status) != 0 || status.st_uid == geteuid()) {
    return result;
  }
  result.Note("rights",
              absl::StrCat(Self(), " is neither root nor the owner of ",
                           plan.content[0].source_path, ": what only these may read is not taken"),
              kRunAsRemedy);
  return result;
}

PreflightResult CheckOpenFiles(uint64_t open_files) {
  PreflightResult result;
  if (open_files >= kOpenFilesMin) return result;
  result.Warning("open-files",
                 absl::StrCat("only ", open_files,
                              " files may be open at a time: slow, and deep "
                              "trees may fail"),
                 absl::StrCat("raise the hard limit to ", kOpenFilesMin,
                              " or more (ulimit -Hn, LimitNOFILE=)"));
  return result;
}

uint64_t OpenFilesHardLimit() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOpenFilesMin;
  return limit.rlim_max;
}

PreflightResult CheckClock(const BackupPlan& plan, absl::Time now) {
  PreflightResult result;
  absl::Time newest = absl::InfinitePast();
  std::string newest_path;
  for (const TreeRoot& root : RootsOfPlan(plan)) {
    struct stat status;
    if (stat(root.source_path.c_str(), &status) != 0) continue;
    if (TimeOf(status.st_mtim) <= newest) continue;
    newest = TimeOf(status.st_mtim);
    newest_path = root.source_path;
  }
  if (newest > now + kClockSlack) {
    result.Warning(
        "clock",
        absl::StrCat(newest_path, " was changed at ",
                     absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", newest, absl::UTCTimeZone()),
                     ", and this machine's clock says ",
                     absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", now, absl::UTCTimeZone())),
        "set the clock (timedatectl): the index jobs' windows are told by it");
  }
  const char* zone = std::getenv("TZ");
  if (zone == nullptr || *zone == '\0') return result;
  absl::string_view name = zone;
  absl::ConsumePrefix(&name, ":");
  absl::TimeZone ignored;
  // POSIX rules such as CET-1CEST name no file; a name with a slash does.
  if (absl::StrContains(name, '/') && !absl::LoadTimeZone(std::string(name), &ignored)) {
    result.Warning("clock",
                   absl::StrCat("TZ=", zone,
                                " is no time zone that this machine knows: local times "
                                "are taken for UTC"),
                   "install Debian's package tzdata, or set TZ right");
  }
  return result;
}

}  // namespace ingot
