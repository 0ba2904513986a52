#include "core/restore/frame_restorer.h"

#include <utility>

#include "core/container/entry_header.h"
#include "io/status.h"

namespace ingot {
namespace {

// One of three waits for the disk at times: 5 % faster than two where files are large.
constexpr int kThreadsForEachProcessor = 3;

}  // namespace

FrameRestorer::FrameRestorer(const RestoreSession* session)
    : session_(session),
      workers_(*session->container, session->options->threads, kThreadsForEachProcessor,
               session->write_limit) {
  // No task has been submitted yet, so no worker looks at them.
  for (size_t i = 0; i < workers_.threads(); ++i) directories_.emplace_back(session);
}

absl::Status FrameRestorer::Submit(RestoreJob job) {
  session_->container->ReadAhead(job.frame);
  auto shared = std::make_shared<const RestoreJob>(std::move(job));
  return workers_.Submit([this, shared](FrameWorker& worker) { return Run(*shared, worker); });
}

absl::Status FrameRestorer::Lose(const RestoreJob& job, const absl::Status& why,
                                 FrameDirectories* directories) {
  absl::Status status;
  if (job.continuing != nullptr) status.Update(job.continuing->Lose(why));
  for (const RestoreItem& item : job.items) {
    if (item.entry.type != MemberType::kDirectory) {
      status.Update(session_->log->NotRestored(item.path, why));
      continue;
    }
    status.Update(directories->LeaveFor(item.path));
    status.Update(directories->Enter(item, {}));
  }
  status.Update(directories->LeaveFor(""));
  if (job.beginning != nullptr) status.Update(job.beginning->LoseHeader(why));
  return status;
}

absl::Status FrameRestorer::RestoreOne(const RestoreItem& item, absl::Span<const char> content,
                                       DirectoryMaker* maker) {
  INGOT_RETURN_IF_ERROR(maker->MakeParents(item.path));
  INGOT_ASSIGN_OR_RETURN(const TarHeader header,
                         ReadEntryHeader(item.entry, content.subspan(item.entry.frame_offset)));
  const absl::Span<const char> stored =
      content.subspan(item.entry.frame_offset + header.header_bytes);
  if (header.content_bytes > stored.size()) {
    return CopyMember(*session_, item, maker->directories());
  }
  return WriteMember(*session_, item, header, stored.first(header.content_bytes),
                     maker->directories());
}

absl::Status FrameRestorer::RestoreItems(const RestoreJob& job, absl::Span<const char> content,
                                         FrameDirectories* directories) {
  for (const RestoreItem& item : job.items) {
    INGOT_RETURN_IF_ERROR(directories->LeaveFor(item.path));
    if (item.entry.type == MemberType::kDirectory) {
      INGOT_RETURN_IF_ERROR(directories->Enter(item, content));
      continue;
    }
    const absl::Status status = RestoreOne(item, content, directories->maker());
    if (!status.ok()) INGOT_RETURN_IF_ERROR(session_->log->NotRestored(item.path, status));
  }
  return directories->LeaveFor("");
}

absl::Status FrameRestorer::BeginSliced(SlicedFile* file, absl::Span<const char> content,
                                        DirectoryMaker* maker) {
  const IndexEntry& entry = file->member().entry();
  absl::StatusOr<TarHeader> header = ReadEntryHeader(entry, content.subspan(entry.frame_offset));
  if (!header.ok()) return file->LoseHeader(header.status());
  const absl::Span<const char> slice = content.subspan(entry.frame_offset + header->header_bytes);
  if (header->content_bytes <= slice.size()) {
    return file->LoseHeader(absl::DataLossError("it ends before the next member begins"));
  }
  if (const absl::Status made = maker->MakeParents(file->path()); !made.ok()) {
    return file->LoseHeader(made);
  }
  return file->Begin(*std::move(header), slice, maker->directories());
}

absl::Status FrameRestorer::Run(const RestoreJob& job, FrameWorker& worker) {
  FrameDirectories* directories = &directories_[worker.number];
  directories->Begin(job.known, job.also_known);
  const absl::StatusOr<FrameLabel> label =
      session_->container->ReadFrame(job.frame, &worker.scratch);
  if (!label.ok()) return Lose(job, label.status(), directories);
  const absl::Span<const char> content = worker.scratch.content;
  // What is begun must be told to those who wait for it, so an error is kept until the end.
  absl::Status fatal;
  if (job.continuing != nullptr) {
    fatal.Update(job.continuing->Continue(*label, job.frame, content));
  }
  if (fatal.ok()) fatal.Update(RestoreItems(job, content, directories));
  if (job.beginning != nullptr) {
    fatal.Update(BeginSliced(job.beginning.get(), content, directories->maker()));
  }
  return fatal;
}

}  // namespace ingot
