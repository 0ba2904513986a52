#include "core/restore/directory_maker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/container/sliced_member.h"
#include "core/format/digest.h"
#include "core/format/tar.h"
#include "io/directory.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kUnfinishedMode = 0700;
constexpr uint32_t kImpliedMode = 0777;  // the umask cuts it

}  // namespace

bool DirectoryMaker::IsKnown(absl::string_view path) const {
  return path.empty() || path == known_ || LiesBelow(known_, path);
}

absl::Status DirectoryMaker::MakeOne(absl::string_view path, uint32_t mode, bool is_member) {
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd parent, directories_.Open(ParentPath(path)));
  INGOT_ASSIGN_OR_RETURN(const io::TargetTree::Made made,
                         session_->tree->MakeDirectory(parent, std::string(LastComponent(path)),
                                                       mode, session_->options->replace));
  if (is_member && made == io::TargetTree::Made::kExisted) {
    existed_.insert(HashBytes(path).bytes);
  }
  known_ = std::string(path);
  return absl::OkStatus();
}

absl::Status DirectoryMaker::MakeParents(absl::string_view path) {
  for (size_t slash = path.find('/'); slash != absl::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const absl::string_view above = path.substr(0, slash);
    if (!IsKnown(above)) INGOT_RETURN_IF_ERROR(MakeOne(above, kImpliedMode, /*is_member=*/false));
  }
  return absl::OkStatus();
}

absl::Status DirectoryMaker::Make(absl::string_view path) {
  if (path.empty()) return absl::OkStatus();  // the target itself
  INGOT_RETURN_IF_ERROR(MakeParents(path));
  return MakeOne(path, kUnfinishedMode, /*is_member=*/true);
}

absl::StatusOr<std::vector<io::ExtendedAttribute>> DirectoryMaker::AttributesOf(
    const IndexEntry& entry) {
  if (!entry.has_xattrs) return std::vector<io::ExtendedAttribute>();
  if (scratch_frame_ != entry.frame) {
    scratch_frame_ = UINT64_MAX;
    INGOT_RETURN_IF_ERROR(session_->container->ReadFrame(entry.frame, &scratch_).status());
    scratch_frame_ = entry.frame;
  }
  INGOT_ASSIGN_OR_RETURN(TarHeader header,
                         ParseTarHeader(scratch_.content.subspan(entry.frame_offset)));
  INGOT_RETURN_IF_ERROR(CheckHeader(header, entry));
  return std::move(header.member.xattrs);
}

absl::Status DirectoryMaker::FinishOne(const IndexEntry& entry, absl::string_view path) {
  INGOT_ASSIGN_OR_RETURN(const std::vector<io::ExtendedAttribute> xattrs, AttributesOf(entry));
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd parent, directories_.Open(ParentPath(path)));
  const std::string name(path.empty() ? "." : LastComponent(path));
  INGOT_ASSIGN_OR_RETURN(const io::Fd directory,
                         io::OpenDirectory(parent->get(), name, /*follow=*/false));
  session_->log->MetadataLost(
      path, io::SetMetadata(directory.get(), session_->MetadataOf(entry, xattrs)));
  return absl::OkStatus();
}

absl::Status DirectoryMaker::Finish() {
  for (auto blocks = session_->blocks.rbegin(); blocks != session_->blocks.rend(); ++blocks) {
    for (size_t block = blocks->end; block-- > blocks->begin;) {
      INGOT_RETURN_IF_ERROR(FinishBlock(block));
    }
  }
  return absl::OkStatus();
}

absl::Status DirectoryMaker::FinishBlock(size_t block) {
  INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
  INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries,
                         session_->container->ReadIndexBlock(block));
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->type != MemberType::kDirectory || !session_->Selected(*entry)) continue;
    INGOT_ASSIGN_OR_RETURN(const absl::string_view path, session_->PathOf(*entry));
    if (session_->log->Failed(path)) continue;
    session_->CountRestored(*entry);
    const bool existed =
        path.empty() ? !session_->tree->created_top() : existed_.contains(HashBytes(path).bytes);
    if (existed && !session_->options->replace) continue;
    const absl::Status status = FinishOne(*entry, path);
    if (!status.ok()) INGOT_RETURN_IF_ERROR(session_->log->NotRestored(path, status));
  }
  return absl::OkStatus();
}

}  // namespace ingot
