#include "core/restore/frame_restorer.h"

#include <utility>

#include "core/container/sliced_member.h"
#include "core/format/tar.h"
#include "io/status.h"

namespace ingot {
namespace {

absl::StatusOr<TarHeader> HeaderOf(const IndexEntry& entry, absl::Span<const char> content) {
  INGOT_ASSIGN_OR_RETURN(TarHeader header, ParseTarHeader(content.subspan(entry.frame_offset)));
  INGOT_RETURN_IF_ERROR(CheckHeader(header, entry));
  return header;
}

}  // namespace

FrameRestorer::FrameRestorer(const RestoreSession* session)
    : session_(session), workers_(session->options->threads) {
  // No task has been submitted yet, so no worker looks at them.
  directories_.assign(workers_.threads(), io::DirectoryCache(session->tree));
}

absl::Status FrameRestorer::Submit(RestoreJob job) {
  session_->container->ReadAhead(job.frame);
  auto shared = std::make_shared<const RestoreJob>(std::move(job));
  return workers_.Submit([this, shared](FrameWorker& worker) { return Run(*shared, worker); });
}

absl::Status FrameRestorer::Lose(const RestoreJob& job, const absl::Status& why) {
  absl::Status status;
  if (job.continuing != nullptr) status.Update(job.continuing->Lose(why));
  for (const RestoreItem& item : job.items) {
    status.Update(session_->log->NotRestored(item.path, why));
  }
  if (job.beginning != nullptr) status.Update(job.beginning->LoseHeader(why));
  return status;
}

absl::Status FrameRestorer::RestoreOne(const RestoreItem& item, absl::Span<const char> content,
                                       io::DirectoryCache* directories) {
  INGOT_ASSIGN_OR_RETURN(const TarHeader header, HeaderOf(item.entry, content));
  const absl::Span<const char> stored =
      content.subspan(item.entry.frame_offset + header.header_bytes);
  if (header.content_bytes > stored.size()) return CopyMember(*session_, item, directories);
  return WriteMember(*session_, item, header, stored.first(header.content_bytes), directories);
}

absl::Status FrameRestorer::BeginSliced(SlicedFile* file, absl::Span<const char> content,
                                        io::DirectoryCache* directories) {
  const IndexEntry& entry = file->member().entry();
  absl::StatusOr<TarHeader> header = HeaderOf(entry, content);
  if (!header.ok()) return file->LoseHeader(header.status());
  const absl::Span<const char> slice = content.subspan(entry.frame_offset + header->header_bytes);
  if (header->content_bytes <= slice.size()) {
    return file->LoseHeader(absl::DataLossError("it ends before the next member begins"));
  }
  return file->Begin(*std::move(header), slice, directories);
}

absl::Status FrameRestorer::Run(const RestoreJob& job, FrameWorker& worker) {
  io::DirectoryCache* directories = &directories_[worker.number];
  const absl::StatusOr<FrameLabel> label =
      session_->container->ReadFrame(job.frame, &worker.scratch);
  if (!label.ok()) return Lose(job, label.status());
  const absl::Span<const char> content = worker.scratch.content;
  // What is begun must be told to those who wait for it, so an error is kept until the end.
  absl::Status fatal;
  if (job.continuing != nullptr) {
    fatal.Update(job.continuing->Continue(*label, job.frame, content));
  }
  for (const RestoreItem& item : job.items) {
    if (!fatal.ok()) break;
    const absl::Status status = RestoreOne(item, content, directories);
    if (!status.ok()) fatal.Update(session_->log->NotRestored(item.path, status));
  }
  if (job.beginning != nullptr) {
    fatal.Update(BeginSliced(job.beginning.get(), content, directories));
  }
  return fatal;
}

}  // namespace ingot
