#include "tools/preflight/preflight.h"

#include <sys/stat.h>

#include <cstdlib>

#include "io/interruption.h"
#include "io/spool.h"
#include "tools/preflight/database_check.h"
#include "tools/preflight/plan_roots.h"
#include "tools/preflight/space_check.h"
#include "tools/preflight/system_check.h"
#include "tools/preflight/target_check.h"

namespace ingot {
namespace {

constexpr char kAlfresco[] = "alfresco";  // BackupPlan::source
constexpr char kTemporary[] = "/tmp";

// A pipe or a device is written to as it comes, like standard output.
bool IsStream(const std::string& output) {
  struct stat status;
  return output == "-" || (stat(output.c_str(), &status) == 0 &&
                           (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)));
}

// Where create.cc puts aside what a pipe cannot be given at once.
std::string SpoolDirectory(const PreflightOptions& options) {
  if (!options.spool_directory.empty()) return options.spool_directory;
  const char* temporary = std::getenv("TMPDIR");
  return temporary == nullptr || *temporary == '\0' ? kTemporary : temporary;
}

PreflightResult CheckRoom(const BackupPlan& plan, const PreflightOptions& options,
                          const SourceSample& sample, const DatabaseFacts& database) {
  if (IsStream(options.output)) {
    const std::string directory = SpoolDirectory(options);
    const absl::StatusOr<uint64_t> free_bytes = io::FreeBytes(directory);
    if (free_bytes.ok()) return JudgeSpool(database, *free_bytes, directory);
    PreflightResult result;
    result.Error(absl::StatusCode::kInvalidArgument, "spool",
                 std::string(free_bytes.status().message()),
                 "set TMPDIR to a directory that exists");
    return result;
  }
  const absl::StatusOr<std::string> directory = TargetDirectory(options.output);
  if (!directory.ok()) return {};  // told by CheckTarget
  const absl::StatusOr<uint64_t> free_bytes = io::FreeBytes(*directory);
  if (!free_bytes.ok()) return {};
  return JudgeSpace(CollectEvidence(plan, sample, database, options.earlier), *free_bytes,
                    *directory);
}

}  // namespace

PreflightResult CheckBackup(const BackupPlan& plan, const PreflightOptions& options) {
  PreflightResult result;
  if (!IsStream(options.output)) result.Append(CheckTarget(plan, options.output));
  result.Append(CheckClock(plan, options.now));
  result.Append(CheckOpenFiles(OpenFilesHardLimit()));
  result.Append(CheckRights(plan));

  const SourceSample sample = SampleSources(RootsOfPlan(plan), options.sample);
  result.Append(CheckReadable(plan, sample));

  DatabaseFacts database;
  result.Append(CheckDatabase(plan.dump, plan.source == kAlfresco, &database));
  result.Append(CheckRoom(plan, options, sample, database));
  if (const absl::Status status = io::CheckInterrupted(); !status.ok()) result.verdict = status;
  return result;
}

}  // namespace ingot
