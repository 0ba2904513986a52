#include "core/restore/restore.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/container/frame_jobs.h"
#include "core/restore/directory_maker.h"
#include "core/restore/frame_restorer.h"
#include "core/restore/hard_links.h"
#include "core/restore/problem_log.h"
#include "core/restore/session.h"
#include "core/restore/sliced_file.h"
#include "io/interruption.h"
#include "io/rate_limit.h"
#include "io/status.h"

namespace ingot {
namespace {

// What becomes the target directory itself is one.
absl::Status CheckTop(const RestoreSession& session, const IndexEntry& entry) {
  INGOT_ASSIGN_OR_RETURN(const absl::string_view path, session.PathOf(entry));
  if (!path.empty() || entry.type == MemberType::kDirectory) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("member ", entry.path, " of ", session.container->path(),
                   " is no directory, and cannot become ", session.options->directory));
}

// Each stretch with the block behind it, whose first entry tells where the last member ends.
std::vector<BlockRange> BlocksToRead(const RestoreSession& session) {
  const IndexRoot& root = session.container->root();
  const PathPrefix whole_root{session.options->root, /*whole=*/true};
  std::vector<BlockRange> blocks = whole_root.text.empty()
                                       ? BlocksThatMayMatch(*session.patterns, root)
                                       : BlocksWith(absl::MakeConstSpan(&whole_root, 1), root);
  for (size_t i = 0; i < blocks.size(); ++i) {
    const size_t limit = i + 1 < blocks.size() ? blocks[i + 1].begin : root.blocks.size();
    blocks[i].end = std::min(blocks[i].end + 1, limit);
  }
  return blocks;
}

// Everything that is read of the index is looked at before anything is written.
absl::Status CheckIndex(const RestoreSession& session) {
  const Container& container = *session.container;
  const std::vector<std::string>& patterns = session.options->patterns;
  std::vector<bool> met(patterns.size());
  const std::string& root = session.options->root;
  bool met_root = root.empty();
  if (!met_root) {
    INGOT_ASSIGN_OR_RETURN(const absl::string_view path, RelativePath(root));
    if (path != root) return absl::InvalidArgumentError(absl::StrCat("no root: ", root));
  }
  EntryCheck check(&container);
  const auto look_at = [&](const IndexEntry& entry, bool run_begins) -> absl::Status {
    INGOT_RETURN_IF_ERROR(Annotate(check.Check(entry, run_begins), container.path()));
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (!met[i] && GlobSet::MatchesOne(patterns[i], entry.path)) met[i] = true;
    }
    if (!session.Selected(entry)) return absl::OkStatus();
    met_root = true;
    session.progress->members_wanted += 1;
    session.progress->bytes_wanted += entry.size;
    return CheckTop(session, entry);
  };
  for (const BlockRange& blocks : session.blocks) {
    check.Gap();
    for (size_t block = blocks.begin; block < blocks.end; ++block) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries,
                             container.ReadIndexBlock(block));
      bool run_begins = container.root().blocks[block].run_begins;
      for (const IndexEntry& entry : entries) {
        INGOT_RETURN_IF_ERROR(look_at(entry, std::exchange(run_begins, false)));
      }
    }
  }
  if (!met_root) {
    return absl::NotFoundError(absl::StrCat("there is no member ", root, " in ", container.path()));
  }
  const auto unmet = std::find(met.begin(), met.end(), false);
  if (unmet == met.end()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no member of ", container.path(), " matches ",
                                          patterns[static_cast<size_t>(unmet - met.begin())]));
}

// Makes directories in this thread, in order, so that whatever lies in them finds them; all else is
// handed on, frame by frame.
class FrameFlow {
 public:
  FrameFlow(const RestoreSession* session, DirectoryMaker* maker)
      : session_(session), maker_(maker), restorer_(session) {}

  absl::Status Take(FrameJob plan) {
    RestoreJob job;
    job.frame = plan.frame;
    if (plan.begins_inside) job.continuing = spanning_;
    const bool goes_on = plan.last_frame > plan.frame;
    if (!goes_on || !plan.entries.empty()) spanning_ = nullptr;
    for (IndexEntry& entry : plan.entries) {
      const bool spans = goes_on && &entry == &plan.entries.back();
      INGOT_RETURN_IF_ERROR(
          TakeEntry(std::move(entry), spans ? plan.last_frame : plan.frame, &job));
    }
    if (job.items.empty() && job.continuing == nullptr && job.beginning == nullptr) {
      return io::CheckInterrupted();
    }
    return restorer_.Submit(std::move(job));
  }
  absl::Status Finish() { return restorer_.Finish(); }

 private:
  absl::Status TakeEntry(IndexEntry entry, uint64_t last_frame, RestoreJob* job) {
    if (entry.type == MemberType::kHardLink || !session_->Selected(entry)) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const absl::string_view relative, session_->PathOf(entry));
    std::string path(relative);
    const bool directory = entry.type == MemberType::kDirectory;
    const absl::Status made = directory ? maker_->Make(path) : maker_->MakeParents(path);
    if (!made.ok()) return session_->log->NotRestored(path, made);
    if (directory) return absl::OkStatus();
    RestoreItem item{std::move(entry), std::move(path)};
    if (last_frame == item.entry.frame) {
      job->items.push_back(std::move(item));
    } else {
      spanning_ = std::make_shared<SlicedFile>(session_, std::move(item), last_frame);
      job->beginning = spanning_;
    }
    return absl::OkStatus();
  }

  const RestoreSession* const session_;
  DirectoryMaker* const maker_;
  std::shared_ptr<SlicedFile> spanning_;  // that goes on in the next frame
  FrameRestorer restorer_;
};

absl::Status RestoreFrames(const RestoreSession& session, DirectoryMaker* maker) {
  FrameFlow flow(&session, maker);
  FrameJobs jobs(session.container->frames().size(),
                 [&flow](FrameJob job) { return flow.Take(std::move(job)); });
  const size_t end = session.container->root().blocks.size();
  size_t next = 0;
  for (const BlockRange& blocks : session.blocks) {
    if (blocks.begin > next) jobs.Gap();
    next = blocks.end;
    INGOT_RETURN_IF_ERROR(session.container->ForEachEntry(
        absl::MakeConstSpan(&blocks, 1),
        [&jobs](const IndexEntry& entry) { return jobs.Add(entry); }));
  }
  if (next < end) jobs.Gap();
  INGOT_RETURN_IF_ERROR(jobs.Finish());
  return flow.Finish();
}

}  // namespace

absl::StatusOr<RestoreSummary> Restore(const Container& container, const RestoreOptions& options,
                                       RestoreProgress* progress) {
  const GlobSet patterns(options.patterns);
  ProblemLog log;
  RestoreSession session;
  session.container = &container;
  session.options = &options;
  session.progress = progress;
  session.patterns = &patterns;
  session.log = &log;
  session.as_root = io::RunningAsRoot();
  std::optional<io::RateLimit> write_limit;
  if (options.write_bytes_per_second > 0) {
    session.write_limit = &write_limit.emplace(options.write_bytes_per_second);
  }
  session.blocks = BlocksToRead(session);
  INGOT_RETURN_IF_ERROR(CheckIndex(session));

  // Beyond this point the target is written to.
  INGOT_ASSIGN_OR_RETURN(const std::unique_ptr<io::TargetTree> tree,
                         io::TargetTree::Open(options.directory));
  session.tree = tree.get();
  DirectoryMaker maker(&session);
  INGOT_RETURN_IF_ERROR(RestoreFrames(session, &maker));
  INGOT_RETURN_IF_ERROR(HardLinks(&session, &maker).MakeAll());
  INGOT_RETURN_IF_ERROR(maker.Finish());
  INGOT_RETURN_IF_ERROR(tree->Sync());

  RestoreSummary summary;
  summary.members = progress->members;
  summary.bytes = progress->bytes;
  log.Finish(&summary);
  return summary;
}

}  // namespace ingot
