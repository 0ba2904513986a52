#include "core/restore/open_directories.h"

#include <utility>

#include "core/container/entry_check.h"
#include "core/container/entry_header.h"
#include "core/format/digest.h"
#include "io/directory.h"
#include "io/interruption.h"
#include "io/metadata.h"
#include "io/status.h"

namespace ingot {

absl::Status OpenDirectories::Make(absl::string_view path) {
  if (path.empty()) return absl::OkStatus();  // the target itself
  INGOT_ASSIGN_OR_RETURN(const io::TargetTree::Made made, maker_.Make(path));
  if (made == io::TargetTree::Made::kExisted) existed_.insert(HashBytes(path).bytes);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<io::ExtendedAttribute>> OpenDirectories::AttributesOf(
    const IndexEntry& entry) {
  if (!entry.has_xattrs) return std::vector<io::ExtendedAttribute>();
  if (scratch_frame_ != entry.frame) {
    scratch_frame_ = UINT64_MAX;
    INGOT_RETURN_IF_ERROR(session_->container->ReadFrame(entry.frame, &scratch_).status());
    scratch_frame_ = entry.frame;
  }
  INGOT_ASSIGN_OR_RETURN(TarHeader header,
                         ReadEntryHeader(entry, scratch_.content.subspan(entry.frame_offset)));
  return std::move(header.member.xattrs);
}

absl::Status OpenDirectories::FinishOne(const IndexEntry& entry, absl::string_view path) {
  INGOT_ASSIGN_OR_RETURN(const std::vector<io::ExtendedAttribute> xattrs, AttributesOf(entry));
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd parent, maker_.directories()->Open(ParentPath(path)));
  const std::string name(path.empty() ? "." : LastComponent(path));
  INGOT_ASSIGN_OR_RETURN(const io::Fd directory,
                         io::OpenDirectory(parent->get(), name, /*follow=*/false));
  session_->log->MetadataLost(
      path, io::SetMetadata(directory.get(), session_->MetadataOf(entry, xattrs)));
  return absl::OkStatus();
}

absl::Status OpenDirectories::FinishBlock(size_t block, ClosedDirectories* closed) {
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries,
                         session_->container->ReadIndexBlock(block));
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const bool is_closed = closed->Take(*entry);
    if (entry->type != MemberType::kDirectory || !session_->Selected(*entry)) continue;
    INGOT_ASSIGN_OR_RETURN(const absl::string_view path, session_->PathOf(*entry));
    if ((is_closed && !path.empty()) || session_->log->Failed(path)) continue;
    session_->CountRestored(*entry);
    const bool existed =
        path.empty() ? !session_->tree->created_top() : existed_.contains(HashBytes(path).bytes);
    if (existed && !session_->options->replace) {
      if (!path.empty()) session_->log->DirectoryKept();
      continue;
    }
    const absl::Status status = FinishOne(*entry, path);
    if (!status.ok()) INGOT_RETURN_IF_ERROR(session_->log->NotRestored(path, status));
  }
  return absl::OkStatus();
}

absl::Status OpenDirectories::Finish() {
  ClosedDirectories closed(session_->as_root);
  for (auto blocks = session_->blocks.rbegin(); blocks != session_->blocks.rend(); ++blocks) {
    for (size_t block = blocks->end; block-- > blocks->begin;) {
      INGOT_RETURN_IF_ERROR(FinishBlock(block, &closed));
    }
  }
  return absl::OkStatus();
}

}  // namespace ingot
