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
#include "core/restore/closed_directories.h"
#include "core/restore/early_sync.h"
#include "core/restore/frame_restorer.h"
#include "core/restore/hard_links.h"
#include "core/restore/open_directories.h"
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
  EntryCheck check(&container.frames());
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

// Makes directories that frames share in this thread, in order, so that whatever lies in them finds
// them; all else is handed on, frame by frame.
class FrameFlow {
 public:
  FrameFlow(const RestoreSession* session, OpenDirectories* directories)
      : session_(session), directories_(directories), restorer_(session) {}

  absl::Status Take(FrameJob plan) {
    RestoreJob job;
    job.frame = plan.frame;
    job.known = directories_->maker()->known();
    if (plan.begins_inside) job.continuing = spanning_;
    const bool goes_on = plan.last_frame > plan.frame;
    if (!goes_on || !plan.entries.empty()) spanning_ = nullptr;
    FindClosed(plan.entries);
    for (size_t i = 0; i < plan.entries.size(); ++i) {
      IndexEntry& entry = plan.entries[i];
      if (entry.type == MemberType::kHardLink || !session_->Selected(entry)) continue;
      INGOT_ASSIGN_OR_RETURN(const absl::string_view relative, session_->PathOf(entry));
      std::string path(relative);
      if (entry.type == MemberType::kDirectory && (!closed_[i] || path.empty())) {
        const absl::Status made = directories_->Make(path);
        if (!made.ok()) INGOT_RETURN_IF_ERROR(session_->log->NotRestored(path, made));
      } else if (goes_on && i + 1 == plan.entries.size()) {
        spanning_ = std::make_shared<SlicedFile>(
            session_, RestoreItem{std::move(entry), std::move(path)}, plan.last_frame);
        job.beginning = spanning_;
      } else {
        job.items.push_back({std::move(entry), std::move(path)});
      }
    }
    job.also_known = directories_->maker()->known();
    if (job.items.empty() && job.continuing == nullptr && job.beginning == nullptr) {
      return io::CheckInterrupted();
    }
    return restorer_.Submit(std::move(job));
  }
  absl::Status Finish() { return restorer_.Finish(); }

 private:
  void FindClosed(const std::vector<IndexEntry>& entries) {
    closed_.assign(entries.size(), false);
    ClosedDirectories closed(session_->as_root);
    for (size_t i = entries.size(); i-- > 0;) closed_[i] = closed.Take(entries[i]);
  }

  const RestoreSession* const session_;
  OpenDirectories* const directories_;
  std::shared_ptr<SlicedFile> spanning_;  // that goes on in the next frame
  std::vector<bool> closed_;              // of the frame at hand, by entry
  FrameRestorer restorer_;
};

absl::Status RestoreFrames(const RestoreSession& session, OpenDirectories* directories) {
  FrameFlow flow(&session, directories);
  FrameJobs jobs(session.container->frames(),
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
  ProblemLog log(options.root);
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
  EarlySync early_sync(tree.get());
  OpenDirectories directories(&session);
  INGOT_RETURN_IF_ERROR(RestoreFrames(session, &directories));
  // A link may take the place of an old file: the content that it names must be on the disk first.
  if (options.replace) INGOT_RETURN_IF_ERROR(tree->Sync());
  INGOT_RETURN_IF_ERROR(HardLinks(&session, directories.maker()).MakeAll());
  INGOT_RETURN_IF_ERROR(directories.Finish());
  INGOT_RETURN_IF_ERROR(early_sync.Finish());
  INGOT_RETURN_IF_ERROR(tree->Sync());

  RestoreSummary summary;
  summary.members = progress->members;
  summary.bytes = progress->bytes;
  log.Finish(&summary);
  return summary;
}

}  // namespace ingot
