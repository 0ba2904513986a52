#include "tools/backup/plan.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/manifest.h"
#include "io/status.h"
#include "tools/roots.h"

namespace ingot {

absl::Status CheckDirectory(const std::string& path, absl::string_view what,
                            absl::string_view remedy) {
  struct stat status;
  absl::Status problem;
  if (stat(path.c_str(), &status) != 0) {
    problem = UsageOrErrno(errno, "read", path);
    if (absl::IsInvalidArgument(problem) && lstat(path.c_str(), &status) == 0 &&
        S_ISLNK(status.st_mode)) {
      problem = LinkToNothing(path);
      remedy = "";
    }
  } else if (!S_ISDIR(status.st_mode)) {
    problem = absl::InvalidArgumentError(absl::StrCat(path, " is not a directory"));
  } else {
    return absl::OkStatus();
  }
  // Another name does not help against what the disk does.
  if (!absl::IsInvalidArgument(problem)) remedy = "";
  return absl::Status(problem.code(), absl::StrCat(what, ": ", problem.message(),
                                                   remedy.empty() ? "" : "; ", remedy));
}

absl::Status LinkToNothing(absl::string_view path) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is a link to nothing; see whether what it leads to is mounted"));
}

absl::StatusOr<TreeRoot> RootByLastPart(const std::string& absolute_path, absl::string_view what,
                                        bool directory_only) {
  TreeRoot root;
  root.source_path = absolute_path;
  root.member_path = absolute_path.substr(absolute_path.rfind('/') + 1);
  root.follow_symlink = true;
  if (root.member_path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " ", absolute_path, " has no name of its own: name what lies in it"));
  }
  if (directory_only) {
    INGOT_RETURN_IF_ERROR(CheckDirectory(absolute_path, what, ""));
  } else if (absl::Status exists = CheckRootExists(root); !exists.ok()) {
    return Annotate(exists, what);
  }
  return root;
}

absl::Status CheckPlan(const BackupPlan& plan) {
  std::vector<TreeRoot> roots(plan.index);
  roots.insert(roots.end(), plan.content.begin(), plan.content.end());
  return CheckRoots(roots,
                    {tools::DumpMemberName(plan.dump.url), kFindingsMember, kManifestMember});
}

absl::Status ChooseIndexRoots(BackupPlan* plan) {
  if (plan->index_backup.cores.empty()) return absl::OkStatus();
  INGOT_RETURN_IF_ERROR(ChooseSnapshots(&plan->index_backup));
  plan->index.clear();
  for (size_t i = 0; i < plan->index_directories.size(); ++i) {
    TreeRoot root = plan->index_directories[i];
    absl::StrAppend(&root.source_path, "/", plan->index_backup.cores[i].snapshot);
    absl::StrAppend(&root.member_path, "/", plan->index_backup.cores[i].snapshot);
    plan->index.push_back(std::move(root));
  }
  return absl::OkStatus();
}

absl::StatusOr<BackupPlan> PlanRepository(const RepositoryRequest& request) {
  BackupPlan plan;
  plan.source = "repository";
  plan.dump = request.dump;
  plan.reindex_needed = request.index.empty();
  if (plan.reindex_needed) {
    plan.notes.push_back("no --index: search, if there is any, must be rebuilt after a restore");
  }
  INGOT_ASSIGN_OR_RETURN(const std::string here, WorkingDirectory());
  const auto root_of = [&here](const std::string& path, absl::string_view flag,
                               bool directory_only) -> absl::StatusOr<TreeRoot> {
    if (path.empty()) return absl::InvalidArgumentError(absl::StrCat(flag, " needs a path"));
    return RootByLastPart(AbsolutePath(path, here), flag, directory_only);
  };
  for (const std::string& path : request.index) {
    INGOT_ASSIGN_OR_RETURN(TreeRoot root, root_of(path, "--index", true));
    plan.index.push_back(std::move(root));
  }
  for (const std::string& path : request.content) {
    INGOT_ASSIGN_OR_RETURN(TreeRoot root, root_of(path, "--content", true));
    plan.content.push_back({std::move(root), StageRole::kContentStore});
  }
  for (const std::string& path : request.also) {
    INGOT_ASSIGN_OR_RETURN(TreeRoot root, root_of(path, "--also", false));
    plan.content.push_back({std::move(root), StageRole::kOther});
  }
  if (!plan.content.empty()) plan.lock_directory = plan.content[0].source_path;
  INGOT_RETURN_IF_ERROR(CheckPlan(plan));
  return plan;
}

}  // namespace ingot
