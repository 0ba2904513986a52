#include "tools/restore/alfresco_restore.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/container/read_member.h"
#include "core/manifest.h"
#include "io/interruption.h"
#include "io/private_memory.h"
#include "io/status.h"
#include "tools/container_input.h"
#include "tools/restore/database_target.h"
#include "tools/restore/restore_outcome.h"
#include "tools/restore/restore_plan.h"
#include "tools/restore/restored_join.h"
#include "tools/restore/target_directory.h"
#include "tools/restore_report.h"
#include "tools/schedule/run_lock.h"

namespace ingot {
namespace {

constexpr int kLooksAgainMax = 5;
constexpr absl::Duration kLookPause = absl::Milliseconds(200);

absl::StatusOr<Manifest> ReadManifest(const Container& container) {
  INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> entry, FindManifest(container));
  if (!entry.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        container.path(), " is a snapshot of files and no backup: restore it with -C DIR"));
  }
  INGOT_ASSIGN_OR_RETURN(const std::string json,
                         ReadSmallMember(container, *entry, kManifestBytesMax));
  return ParseManifest(json);
}

class AlfrescoRestore {
 public:
  AlfrescoRestore(const AlfrescoRestoreRequest& request, const Container& container,
                  Manifest manifest, RestorePlan plan, Report& report)
      : request_(request),
        container_(container),
        manifest_(std::move(manifest)),
        plan_(std::move(plan)),
        report_(report) {}

  // Nothing is written.
  absl::Status Check() {
    for (const std::string& warning : plan_.warnings) report_.Warning(warning);
    INGOT_RETURN_IF_ERROR(Lock());
    INGOT_RETURN_IF_ERROR(LeaveOutFiles());
    if (plan_.database.has_value()) {
      INGOT_RETURN_IF_ERROR(FindDump());
      INGOT_ASSIGN_OR_RETURN(database_, tools::DatabaseTarget::Open(
                                            {*plan_.database, request_.no_owner, request_.force}));
      INGOT_RETURN_IF_ERROR(CheckDatabase());
    }
    for (const RestoreTree& tree : plan_.trees) INGOT_RETURN_IF_ERROR(CheckDirectory(tree));
    if (database_ == nullptr) return absl::OkStatus();
    RestoreProgress progress;
    Progress shown(request_.progress, &report_, &progress);
    shown.SetStage(absl::StrCat("checking ", plan_.dump_member));
    return database_->Inspect(DumpOf(&progress));
  }

  // As much as can be: what is damaged is told, and does not keep the rest from coming back.
  absl::Status RestoreTrees() {
    for (const StageKind kind : {StageKind::kIndex, StageKind::kContent}) {
      for (const RestoreTree& tree : plan_.trees) {
        if (tree.kind == kind) INGOT_RETURN_IF_ERROR(RestoreOne(tree));
      }
    }
    return absl::OkStatus();
  }

  absl::Status FeedDatabase() {
    if (database_ == nullptr) return absl::OkStatus();
    // Restoring the content took its time. It is no wrong usage any more.
    if (const absl::Status status = CheckDatabase(); !status.ok()) {
      return absl::IsInvalidArgument(status) ? absl::FailedPreconditionError(status.message())
                                             : status;
    }
    RestoreProgress progress;
    Progress shown(request_.progress, &report_, &progress);
    shown.SetStage(absl::StrCat("database ", plan_.dump_member));
    INGOT_RETURN_IF_ERROR(database_->Feed(DumpOf(&progress)));
    done_.push_back("the database");
    return absl::OkStatus();
  }

  absl::Status Prove() {
    if (database_ == nullptr) {
      report_.Warning("whether all content is there was not proved: no database was restored");
      return absl::OkStatus();
    }
    RestoredStores stores;
    for (const RestoreTree& tree : plan_.trees) {
      if (tree.kind != StageKind::kContent) continue;
      if (tree.role == StageRole::kContentStore) stores.stores.push_back(tree.directory);
      if (tree.role == StageRole::kDeletedContent) stores.deleted.push_back(tree.directory);
      if (tree.role == StageRole::kOtherStore) stores.others.push_back(tree.directory);
    }
    INGOT_ASSIGN_OR_RETURN(const RestoredJoin join, JoinRestored(database_.get(), stores));
    code_ = WorseOf(code_, TellJoin(join, manifest_, report_));
    return absl::OkStatus();
  }

  ExitCode TellEnd() {
    if (code_ != ExitCode::kDone) {
      // What is not whole must not replace what may be.
      report_.Warning(
          "not all of it came back: see to the errors above before Solr or Alfresco is "
          "given any of it");
      return code_;
    }
    TellNextSteps(plan_, manifest_, request_.container,
                  database_ == nullptr ? "" : database_->Afterwards(), report_);
    return code_;
  }

  // What stands where when it did not end well.
  void TellState() {
    if (done_.empty()) return;
    report_.Warning(absl::StrCat("restored so far: ", absl::StrJoin(done_, ", "),
                                 "; all else is not. With --force the same command begins again "
                                 "and replaces those files"));
  }

 private:
  // A backup of what is being restored would take half of it, and so would another restore. Where
  // dir.root is not there yet it is locked once it is made.
  absl::Status Lock() {
    if (lock_.has_value()) return absl::OkStatus();
    absl::StatusOr<RunLock> lock = AcquireRunLock(plan_.lock_directory);
    if (absl::IsNotFound(lock.status())) return absl::OkStatus();
    INGOT_RETURN_IF_ERROR(lock.status());
    lock_ = *std::move(lock);
    return absl::OkStatus();
  }

  // A single file that was a root, with --also, cannot become a directory.
  absl::Status LeaveOutFiles() {
    std::vector<RestoreTree> trees;
    for (RestoreTree& tree : plan_.trees) {
      INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> root, container_.Find(tree.member));
      if (!root.has_value() || root->type == MemberType::kDirectory) {
        trees.push_back(std::move(tree));
        continue;
      }
      if (request_.places.contains(tree.member)) {
        return absl::InvalidArgumentError(
            absl::StrCat("--place ", tree.member,
                         ": it is no directory: restore it with ingot "
                         "restore ",
                         request_.container, " -C DIR ", tree.member));
      }
      for (const ManifestStage& stage : manifest_.stages) {
        if (stage.name == tree.member) plan_.left_out.push_back(stage);
      }
    }
    plan_.trees = std::move(trees);
    return absl::OkStatus();
  }

  absl::Status CheckDirectory(const RestoreTree& tree) {
    absl::StatusOr<std::string> something = SomethingIn(tree.directory);
    if (!something.ok()) return Annotate(something.status(), tree.reason);
    if (const absl::Status status = CheckWritable(tree.directory); !status.ok()) {
      return Annotate(status, tree.reason);
    }
    if (something->empty()) return absl::OkStatus();
    if (request_.force) {
      report_.Warning(absl::StrCat(tree.directory,
                                   " is not empty: what the backup has is replaced, "
                                   "all else stays"));
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat(tree.reason, ": ", tree.directory, " is not empty, there is ", *something,
                     " in it: move it away, or replace what is there with --force"));
  }

  absl::Status CheckDatabase() {
    const std::string name = tools::Describe(plan_.database->url);
    INGOT_ASSIGN_OR_RETURN(tools::DatabaseUse use, database_->Look());
    // A busy server may not have noticed yet that our own last question has ended.
    for (int again = 0; use.connections > 0 && again < kLooksAgainMax; ++again) {
      absl::SleepFor(kLookPause);
      INGOT_ASSIGN_OR_RETURN(use, database_->Look());
    }
    if (use.tables > 0 && !database_->ReplacesTables()) {
      // --force cannot help: the dump only makes tables, and would fail at the first that is there.
      return absl::InvalidArgumentError(absl::StrCat(name, " is not empty, it holds ", use.tables,
                                                     " tables and the like (", use.table,
                                                     "): drop it and create it anew, empty"));
    }
    std::string problem;
    if (use.connections > 0) {
      problem = absl::StrCat(name, " is in use, by ", use.connections,
                             " others: stop Alfresco and whatever else is connected");
    } else if (use.tables > 0) {
      problem = absl::StrCat(name, " is not empty, it holds ", use.tables, " tables and the like (",
                             use.table, "): drop it and create it anew");
    }
    if (problem.empty()) return absl::OkStatus();
    if (!request_.force) {
      return absl::InvalidArgumentError(
          absl::StrCat(problem, ", or go on all the same with --force"));
    }
    report_.Warning(problem);
    return absl::OkStatus();
  }

  absl::Status FindDump() {
    INGOT_ASSIGN_OR_RETURN(std::optional<IndexEntry> dump, container_.Find(plan_.dump_member));
    if (!dump.has_value() || dump->type != MemberType::kRegular) {
      return absl::DataLossError(
          absl::StrCat(container_.path(), ": damaged: there is no dump ", plan_.dump_member));
    }
    dump_ = *std::move(dump);
    return absl::OkStatus();
  }

  tools::DumpBytes DumpOf(RestoreProgress* progress) const {
    return [this, progress](absl::FunctionRef<absl::Status(absl::Span<const char>)> sink) {
      return ReadMember(container_, dump_, [&](absl::Span<const char> bytes) {
        progress->bytes += bytes.size();
        return sink(bytes);
      });
    };
  }

  absl::Status RestoreOne(const RestoreTree& tree) {
    INGOT_ASSIGN_OR_RETURN(const std::vector<std::string> made, MakeParents(tree.directory));
    INGOT_RETURN_IF_ERROR(Lock());
    RestoreOptions options;
    options.directory = tree.directory;
    options.root = tree.member;
    options.replace = request_.force;
    options.numeric_owner = request_.numeric_owner;
    options.threads = request_.threads;
    options.write_bytes_per_second = request_.write_bytes_per_second;
    RestoreProgress progress;
    absl::StatusOr<RestoreSummary> summary;
    {
      Progress shown(request_.progress, &report_, &progress);
      shown.SetStage(absl::StrCat(StageKindName(tree.kind), " ", tree.member));
      summary = Restore(container_, options, &progress);
    }
    if (!summary.ok() && progress.members > 0) done_.push_back("a part of " + tree.directory);
    INGOT_RETURN_IF_ERROR(summary.status());
    if (const absl::Status status = MakeLike(made, tree.directory); !status.ok()) {
      report_.Error(status);
      code_ = WorseOf(code_, ExitCode::kFailed);
    }
    TellRestored(tree.directory, *summary, report_);
    code_ = WorseOf(code_, RestoreExitCode(*summary));
    done_.push_back(tree.directory);
    return absl::OkStatus();
  }

  const AlfrescoRestoreRequest& request_;
  const Container& container_;
  const Manifest manifest_;
  RestorePlan plan_;
  Report& report_;
  std::optional<RunLock> lock_;
  IndexEntry dump_;
  std::unique_ptr<tools::DatabaseTarget> database_;
  std::vector<std::string> done_;
  ExitCode code_ = ExitCode::kDone;
};

absl::Status RunStages(AlfrescoRestore* restore) {
  INGOT_RETURN_IF_ERROR(restore->Check());
  // Beyond this point the targets are written to.
  INGOT_RETURN_IF_ERROR(restore->RestoreTrees());
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  INGOT_RETURN_IF_ERROR(restore->FeedDatabase());
  return restore->Prove();
}

}  // namespace

absl::StatusOr<ExitCode> RunAlfrescoRestore(const AlfrescoRestoreRequest& request, Report& report) {
  io::KeepMemoryPrivate();  // before a password is read
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<Container> container,
                         OpenContainer(request.container, request.read_bytes_per_second));
  INGOT_ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(*container));
  INGOT_ASSIGN_OR_RETURN(RestorePlan plan, PlanRestore(manifest, request));
  AlfrescoRestore restore(request, *container, std::move(manifest), std::move(plan), report);
  const absl::Status status = RunStages(&restore);
  if (status.ok()) return restore.TellEnd();
  if (absl::IsAborted(status)) {
    // Code 5 is that of a backup whose dump failed.
    report.Error(status);
    restore.TellState();
    return ExitCode::kFailed;
  }
  restore.TellState();
  return status;
}

}  // namespace ingot
