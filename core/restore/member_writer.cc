#include "core/restore/member_writer.h"

#include <sys/stat.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/read_member.h"
#include "core/container/sliced_member.h"
#include "io/status.h"

namespace ingot {
namespace {

// Of smaller ones a kill in the midst leaves a part, but never one of the full size.
constexpr uint64_t kUnseenBytesMin = uint64_t{1} << 20;

mode_t NodeType(MemberType type) {
  if (type == MemberType::kCharacterDevice) return S_IFCHR;
  return type == MemberType::kBlockDevice ? S_IFBLK : S_IFIFO;
}

// Symbolic links, devices and FIFOs: all there is to them is in the header.
absl::Status WriteSpecial(const RestoreSession& session, const RestoreItem& item,
                          const Member& member, io::DirectoryCache* directories) {
  INGOT_ASSIGN_OR_RETURN(io::NewEntryName place, session.PlaceOf(item.path, directories));
  const bool symlink = member.type == MemberType::kSymlink;
  absl::StatusOr<io::NewEntry> entry =
      symlink ? io::NewEntry::Symlink(std::move(place), member.link_target)
              : io::NewEntry::Node(std::move(place), NodeType(member.type), member.device_major,
                                   member.device_minor);
  INGOT_RETURN_IF_ERROR(entry.status());
  session.log->MetadataLost(item.path,
                            io::SetMetadataAt(entry->parent()->get(), entry->made_name(), symlink,
                                              session.MetadataOf(item.entry, member.xattrs)));
  INGOT_RETURN_IF_ERROR(entry->Commit());
  session.CountRestored(item.entry);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<io::NewEntry> BeginFile(const RestoreSession& session, const std::string& path,
                                       const Member& member, io::DirectoryCache* directories) {
  INGOT_ASSIGN_OR_RETURN(io::NewEntryName place, session.PlaceOf(path, directories));
  const bool unseen = member.sparse || member.size >= kUnseenBytesMin;
  INGOT_ASSIGN_OR_RETURN(io::NewEntry file, io::NewEntry::File(std::move(place), unseen));
  if (member.sparse) {
    INGOT_RETURN_IF_ERROR(file.SetSize(member.size));
  } else {
    file.Expect(member.size);
  }
  return file;
}

absl::Status FinishFile(const RestoreSession& session, const RestoreItem& item,
                        const Member& member, io::NewEntry* file) {
  session.log->MetadataLost(
      item.path, io::SetMetadata(file->fd(), session.MetadataOf(item.entry, member.xattrs)));
  INGOT_RETURN_IF_ERROR(file->Commit());
  session.CountRestored(item.entry);
  return absl::OkStatus();
}

absl::Status WriteMember(const RestoreSession& session, const RestoreItem& item,
                         const TarHeader& header, absl::Span<const char> stored,
                         io::DirectoryCache* directories) {
  const Member& member = header.member;
  if (member.type != MemberType::kRegular) {
    return WriteSpecial(session, item, member, directories);
  }
  if (DigestOfMember(member, stored) != item.entry.digest) {
    return absl::DataLossError("its content does not match its digest");
  }
  INGOT_ASSIGN_OR_RETURN(io::NewEntry file, BeginFile(session, item.path, member, directories));
  INGOT_RETURN_IF_ERROR(ForEachPiece(
      member, 0, stored, [&file](uint64_t logical_offset, absl::Span<const char> piece) {
        return file.WriteAt(logical_offset, piece);
      }));
  return FinishFile(session, item, member, &file);
}

absl::Status CopyMember(const RestoreSession& session, const RestoreItem& item,
                        io::DirectoryCache* directories) {
  Member member;
  std::optional<io::NewEntry> file;
  const auto begin = [&](const Member& header) -> absl::Status {
    member = header;
    INGOT_ASSIGN_OR_RETURN(file, BeginFile(session, item.path, member, directories));
    return absl::OkStatus();
  };
  INGOT_RETURN_IF_ERROR(
      ReadMemberData(*session.container, item.entry, begin,
                     [&file](uint64_t logical_offset, absl::Span<const char> piece) {
                       return file->WriteAt(logical_offset, piece);
                     }));
  return FinishFile(session, item, member, &*file);
}

}  // namespace ingot
