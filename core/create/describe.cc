#include "core/create/describe.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/format/tar.h"
#include "io/identity.h"
#include "io/inode.h"
#include "io/status.h"

namespace ingot {
namespace {

Member Common(const Entry& entry, const io::FileStat& stat, MemberType type) {
  Member member;
  member.path = entry.member_path;
  member.type = type;
  member.mode = stat.mode & 07777;
  member.uid = stat.uid;
  member.gid = stat.gid;
  member.user_name = io::UserName(stat.uid);
  member.group_name = io::GroupName(stat.gid);
  member.mtime = stat.mtime;
  return member;
}

void TakeXattrs(Member* member, absl::StatusOr<std::vector<io::ExtendedAttribute>> xattrs,
                Findings* findings) {
  if (!xattrs.ok()) {
    findings->Add(FindingKind::kMetadata, member->path, std::string(xattrs.status().message()));
    return;
  }
  size_t bytes = 0;
  for (const io::ExtendedAttribute& xattr : *xattrs)
    bytes += xattr.name.size() + xattr.value.size();
  if (bytes > kXattrBytesMax) {
    findings->Add(FindingKind::kMetadata, member->path,
                  absl::StrCat("extended attributes left out: ", bytes, " bytes are more than ",
                               kXattrBytesMax));
    return;
  }
  member->xattrs = *std::move(xattrs);
}

}  // namespace

Member DescribeRegular(const Entry& entry, const io::FileStat& stat, int fd, Findings* findings) {
  Member member = Common(entry, stat, MemberType::kRegular);
  member.size = stat.size;
  TakeXattrs(&member, io::ReadExtendedAttributes(fd), findings);
  if (!stat.HasHoles()) return member;
  absl::StatusOr<std::vector<io::Extent>> extents =
      io::DataExtents(fd, stat.size, kSparseExtentsMax);
  // A file system that compresses allocates less without any hole.
  const bool whole = extents.ok() && extents->size() == 1 && extents->front().length == stat.size;
  if (extents.ok() && !whole) {
    member.sparse = true;
    member.extents = *std::move(extents);
  }
  return member;
}

absl::StatusOr<Member> DescribeOther(const Entry& entry, Findings* findings) {
  const int parent = entry.parent->descriptor();
  if (entry.stat.IsDirectory()) {
    Member member = Common(entry, entry.stat, MemberType::kDirectory);
    if (entry.self != nullptr) {
      TakeXattrs(&member, io::ReadExtendedAttributes(entry.self->descriptor()), findings);
    }
    return member;
  }
  if (S_ISSOCK(entry.stat.mode)) return absl::UnimplementedError("sockets are not archived");
  MemberType type = MemberType::kFifo;
  if (S_ISLNK(entry.stat.mode)) type = MemberType::kSymlink;
  if (S_ISCHR(entry.stat.mode)) type = MemberType::kCharacterDevice;
  if (S_ISBLK(entry.stat.mode)) type = MemberType::kBlockDevice;
  Member member = Common(entry, entry.stat, type);
  if (type == MemberType::kSymlink) {
    INGOT_ASSIGN_OR_RETURN(member.link_target, io::ReadLinkAt(parent, entry.name));
  } else if (type != MemberType::kFifo) {
    member.device_major = entry.stat.device_major;
    member.device_minor = entry.stat.device_minor;
  }
  TakeXattrs(&member, io::ReadExtendedAttributesAt(parent, entry.name), findings);
  return member;
}

Member DescribeHardLink(const Entry& entry, const std::string& carrier_path) {
  Member member = Common(entry, entry.stat, MemberType::kHardLink);
  member.link_target = carrier_path;
  return member;
}

IndexEntry IndexEntryOf(const Member& member, const io::FileStat& stat) {
  IndexEntry entry = DeriveIndexEntry(member);
  entry.source_device = stat.device;
  entry.source_inode = stat.inode;
  entry.source_ctime = stat.ctime;
  return entry;
}

std::string DescribeZeros(uint64_t offset, int64_t read_result) {
  const std::string why =
      read_result < 0
          ? std::string(ErrnoStatus(static_cast<int>(-read_result), "read", "them").message())
          : "the file shrank while it was read";
  return absl::StrCat("zeros from byte ", offset, " on: ", why);
}

std::string DescribeChange(const absl::Status& looked) {
  if (looked.ok()) return "changed while it was read";
  return absl::StrCat("may have changed while it was read: ", looked.message());
}

bool WasWritten(const io::FileStat& before, const io::FileStat& after) {
  return before.size != after.size || before.mtime != after.mtime;
}

}  // namespace ingot
