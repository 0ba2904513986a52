#include "core/restore/frame_directories.h"

#include "core/container/entry_check.h"
#include "core/container/entry_header.h"
#include "io/directory.h"
#include "io/metadata.h"
#include "io/status.h"

namespace ingot {
namespace {

absl::StatusOr<std::vector<io::ExtendedAttribute>> AttributesOf(const IndexEntry& entry,
                                                                absl::Span<const char> content) {
  if (!entry.has_xattrs) return std::vector<io::ExtendedAttribute>();
  if (content.empty()) return absl::DataLossError("its attributes are lost with their frame");
  INGOT_ASSIGN_OR_RETURN(TarHeader header,
                         ReadEntryHeader(entry, content.subspan(entry.frame_offset)));
  return std::move(header.member.xattrs);
}

}  // namespace

void FrameDirectories::Begin(const std::string& known, const std::string& also_known) {
  maker_.Assume(known, also_known);
  entered_.clear();  // left behind by an error that ended the run
}

absl::Status FrameDirectories::Enter(const RestoreItem& item, absl::Span<const char> content) {
  const absl::StatusOr<io::TargetTree::Made> made = maker_.Make(item.path);
  if (!made.ok()) return session_->log->NotRestored(item.path, made.status());
  entered_.push_back({&item, *made == io::TargetTree::Made::kExisted, content});
  return absl::OkStatus();
}

absl::Status FrameDirectories::Finish(const Entered& entered) {
  const RestoreItem& item = *entered.item;
  INGOT_ASSIGN_OR_RETURN(const std::vector<io::ExtendedAttribute> xattrs,
                         AttributesOf(item.entry, entered.content));
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd directory, maker_.directories()->Open(item.path));
  // One that existed may be open in a way that tells nothing but its place.
  io::Fd reopened;
  if (entered.existed) {
    INGOT_ASSIGN_OR_RETURN(reopened, io::OpenDirectory(directory->get(), ".", /*follow=*/false));
  }
  session_->log->MetadataLost(item.path,
                              io::SetMetadata(entered.existed ? reopened.get() : directory->get(),
                                              session_->MetadataOf(item.entry, xattrs)));
  return absl::OkStatus();
}

absl::Status FrameDirectories::Leave(const Entered& entered) {
  session_->CountRestored(entered.item->entry);
  if (entered.existed && !session_->options->replace) {
    session_->log->DirectoryKept();
    return absl::OkStatus();
  }
  const absl::Status status = Finish(entered);
  return status.ok() ? status : session_->log->NotRestored(entered.item->path, status);
}

absl::Status FrameDirectories::LeaveFor(absl::string_view path) {
  while (!entered_.empty() && !LiesBelow(path, entered_.back().item->path)) {
    const Entered entered = entered_.back();
    entered_.pop_back();
    INGOT_RETURN_IF_ERROR(Leave(entered));
  }
  return absl::OkStatus();
}

}  // namespace ingot
