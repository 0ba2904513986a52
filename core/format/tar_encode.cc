// Members -> tar headers. FORMAT.md, "Members".
#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/format/acl.h"
#include "core/format/pax.h"
#include "core/format/sparse_map.h"
#include "core/format/tar.h"
#include "core/format/ustar.h"
#include "core/json.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint32_t kModeMax = 07777;
constexpr uint32_t kNanosecondsMax = 999'999'999;
constexpr uint32_t kPaxHeaderMode = 0644;
constexpr char kPaxHeaderFolder[] = "PaxHeaders/";
constexpr char kSparseFolder[] = "/GNUSparseFile.0/";

bool HasNul(absl::string_view text) { return text.find('\0') != absl::string_view::npos; }

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<uint8_t>(byte) < 0x80; });
}

bool IsDevice(MemberType type) {
  return type == MemberType::kCharacterDevice || type == MemberType::kBlockDevice;
}

bool IsLink(MemberType type) {
  return type == MemberType::kHardLink || type == MemberType::kSymlink;
}

const char* PathProblem(absl::string_view path) {
  if (path.empty()) return "an empty path";
  if (path.size() > kPathBytesMax) return "a path that is too long";
  if (path.back() == '/') return "a path that ends with '/'";
  if (HasNul(path)) return "a NUL in a path";
  return nullptr;
}

const char* LinkProblem(const Member& member) {
  if (!IsLink(member.type))
    return member.link_target.empty() ? nullptr : "a link target, but it is no link";
  if (member.type == MemberType::kHardLink) return PathProblem(member.link_target);
  if (member.link_target.empty()) return "an empty link target";
  if (member.link_target.size() > kPathBytesMax) return "a link target that is too long";
  return HasNul(member.link_target) ? "a NUL in a link target" : nullptr;
}

const char* XattrsProblem(const Member& member) {
  for (size_t i = 0; i < member.xattrs.size(); ++i) {
    const io::ExtendedAttribute& xattr = member.xattrs[i];
    if (xattr.name.empty() || HasNul(xattr.name))
      return "an extended attribute without a proper name";
    if (i > 0 && member.xattrs[i - 1].name >= xattr.name)
      return "extended attributes that are not sorted";
    const bool is_acl = xattr.name == kAclAccessXattr || xattr.name == kAclDefaultXattr;
    if (is_acl && !AclToText(xattr.value).has_value()) return "an ACL of unknown form";
  }
  return nullptr;
}

const char* SizeProblem(const Member& member) {
  if (member.type != MemberType::kRegular && (member.size != 0 || member.sparse)) {
    return "a size, but it is not a regular file";
  }
  if (!member.sparse && !member.extents.empty()) return "extents, but it is not sparse";
  if (member.size > kMemberSizeMax) return "a size that is too large";
  return ExtentsProblem(member.extents, member.size);
}

// What keeps the member from being said in a tar header; nullptr when nothing does.
const char* Problem(const Member& member) {
  if (member.type < MemberType::kRegular || member.type > MemberType::kFifo)
    return "an unknown type";
  if (const char* problem = PathProblem(member.path); problem != nullptr) return problem;
  if (const char* problem = LinkProblem(member); problem != nullptr) return problem;
  if (const char* problem = SizeProblem(member); problem != nullptr) return problem;
  if (member.mode > kModeMax) return "mode bits that are none";
  if (member.mtime.nanoseconds > kNanosecondsMax) return "a time that is none";
  if (HasNul(member.user_name) || HasNul(member.group_name)) return "a NUL in an owner's name";
  if (!IsDevice(member.type) && (member.device_major != 0 || member.device_minor != 0)) {
    return "device numbers, but it is no device";
  }
  if (member.device_major > kDeviceNumberMax || member.device_minor > kDeviceNumberMax) {
    return "a device number that is too large";
  }
  return XattrsProblem(member);
}

bool FitsUstarTime(io::Timestamp time) {
  return time.seconds >= 0 && static_cast<uint64_t>(time.seconds) <= kUstarSizeMax;
}

uint64_t UstarTime(io::Timestamp time) {
  return FitsUstarTime(time) ? static_cast<uint64_t>(time.seconds) : 0;
}

bool FitsUstarOwner(absl::string_view name) {
  return name.size() <= kUstarOwnerBytesMax && IsAscii(name);
}

// One member on its way into a header.
struct Draft {
  const Member& member;
  bool patchable;
  absl::string_view stream_path;  // with the '/' that ends directories
  std::string sparse_map;
  uint64_t entry_bytes;  // of the stream behind the header block: map and content
};

// "a/b" -> "a/GNUSparseFile.0/b", as GNU tar names what a reader without sparse files would
// extract.
std::string SparseUstarName(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return absl::StrCat(".", kSparseFolder, path);
  return absl::StrCat(path.substr(0, slash), kSparseFolder, path.substr(slash + 1));
}

std::string MetadataRecords(const Draft& draft) {
  const Member& member = draft.member;
  std::string pax;
  if (draft.patchable) {
    AppendPaxRecord(pax::kSize, absl::StrFormat("%020u", draft.entry_bytes), &pax);
  } else if (draft.entry_bytes > kUstarSizeMax) {
    AppendPaxRecord(pax::kSize, absl::StrCat(draft.entry_bytes), &pax);
  }
  if (member.mtime.nanoseconds != 0 || !FitsUstarTime(member.mtime)) {
    AppendPaxRecord(pax::kMtime, FormatPaxTime(member.mtime), &pax);
  }
  if (member.uid > kUstarIdMax) AppendPaxRecord(pax::kUid, absl::StrCat(member.uid), &pax);
  if (member.gid > kUstarIdMax) AppendPaxRecord(pax::kGid, absl::StrCat(member.gid), &pax);
  if (member.sparse) {
    AppendPaxRecord(pax::kSparseMajor, "1", &pax);
    AppendPaxRecord(pax::kSparseMinor, "0", &pax);
    AppendPaxRecord(pax::kSparseRealSize, absl::StrCat(member.size), &pax);
  }
  for (const io::ExtendedAttribute& xattr : member.xattrs) {
    if (xattr.name == kAclAccessXattr) {
      AppendPaxRecord(pax::kAclAccess, *AclToText(xattr.value), &pax);
    } else if (xattr.name == kAclDefaultXattr) {
      AppendPaxRecord(pax::kAclDefault, *AclToText(xattr.value), &pax);
    } else {
      AppendPaxRecord(absl::StrCat(pax::kXattrPrefix, EscapeXattrName(xattr.name)), xattr.value,
                      &pax);
    }
  }
  return pax;
}

std::string PaxRecords(const Draft& draft) {
  const Member& member = draft.member;
  std::string names;
  bool utf8 = true;
  const auto append_name = [&](absl::string_view keyword, absl::string_view value) {
    AppendPaxRecord(keyword, value, &names);
    utf8 = utf8 && IsValidUtf8(value);
  };
  if (member.sparse) {
    append_name(pax::kSparseName, member.path);
  } else if (draft.stream_path.size() > kUstarNameBytesMax) {
    append_name(pax::kPath, draft.stream_path);
  }
  if (member.link_target.size() > kUstarNameBytesMax)
    append_name(pax::kLinkPath, member.link_target);
  if (!FitsUstarOwner(member.user_name)) append_name(pax::kUserName, member.user_name);
  if (!FitsUstarOwner(member.group_name)) append_name(pax::kGroupName, member.group_name);

  if (names.empty()) return MetadataRecords(draft);
  std::string pax;
  if (!utf8) AppendPaxRecord(pax::kHeaderCharset, pax::kBinary, &pax);
  return absl::StrCat(pax, names, MetadataRecords(draft));
}

void AppendMemberBlock(const Draft& draft, std::string* header) {
  const Member& member = draft.member;
  const std::string sparse_name = member.sparse ? SparseUstarName(member.path) : "";
  UstarFields fields;
  fields.name = member.sparse ? sparse_name : draft.stream_path;
  fields.mode = member.mode;
  fields.uid = member.uid <= kUstarIdMax ? member.uid : 0;
  fields.gid = member.gid <= kUstarIdMax ? member.gid : 0;
  fields.size = draft.patchable || draft.entry_bytes > kUstarSizeMax ? 0 : draft.entry_bytes;
  fields.mtime = UstarTime(member.mtime);
  fields.type = static_cast<char>(member.type);
  fields.link_name = member.link_target;
  if (FitsUstarOwner(member.user_name)) fields.user_name = member.user_name;
  if (FitsUstarOwner(member.group_name)) fields.group_name = member.group_name;
  fields.device_major = member.device_major;
  fields.device_minor = member.device_minor;
  AppendUstar(fields, header);
}

// Its block, the records and zeros up to a whole block.
void AppendPaxHeader(const Draft& draft, absl::string_view records, std::string* header) {
  const absl::string_view path = draft.member.path;
  const size_t slash = path.rfind('/');
  const std::string name = absl::StrCat(
      kPaxHeaderFolder, slash == absl::string_view::npos ? path : path.substr(slash + 1));
  UstarFields fields;
  fields.name = name;
  fields.mode = kPaxHeaderMode;
  fields.size = records.size();
  fields.mtime = UstarTime(draft.member.mtime);
  fields.type = kUstarPaxHeader;
  AppendUstar(fields, header);
  header->append(records.data(), records.size());
  header->append(static_cast<size_t>(TarPadding(records.size())), '\0');
}

absl::Status Unsayable(const Member& member, absl::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat("no tar header can hold ", EscapeForTerminal(member.path), ": ", problem));
}

absl::Status Append(const Member& member, bool patchable, std::string* out) {
  if (const char* problem = Problem(member); problem != nullptr) return Unsayable(member, problem);
  const std::string directory_path =
      member.type == MemberType::kDirectory ? absl::StrCat(member.path, "/") : "";
  Draft draft{member, patchable, member.path, {}, member.StoredContentBytes()};
  if (member.type == MemberType::kDirectory) draft.stream_path = directory_path;
  if (member.sparse) draft.sparse_map = EncodeSparseMap(member.extents, member.size);
  draft.entry_bytes += draft.sparse_map.size();
  if (draft.entry_bytes > kMemberSizeMax) return Unsayable(member, "a size that is too large");
  const std::string records = PaxRecords(draft);
  const uint64_t header_bytes =
      (records.empty() ? 0 : kTarBlockBytes + records.size() + TarPadding(records.size())) +
      kTarBlockBytes + draft.sparse_map.size();
  if (header_bytes > kHeaderBytesMax) return Unsayable(member, "too much metadata");

  out->reserve(out->size() + static_cast<size_t>(header_bytes));
  if (!records.empty()) AppendPaxHeader(draft, records, out);
  AppendMemberBlock(draft, out);
  out->append(draft.sparse_map);
  return absl::OkStatus();
}

}  // namespace

absl::Status AppendTarHeader(const Member& member, std::string* out) {
  return Append(member, false, out);
}

absl::StatusOr<std::string> EncodeTarHeader(const Member& member) {
  std::string header;
  INGOT_RETURN_IF_ERROR(Append(member, false, &header));
  return header;
}

absl::StatusOr<std::string> EncodePatchableTarHeader(const Member& member) {
  if (member.type != MemberType::kRegular || member.sparse) {
    return Unsayable(member, "only an ordinary file's size can be written later");
  }
  std::string header;
  INGOT_RETURN_IF_ERROR(Append(member, true, &header));
  return header;
}

}  // namespace ingot
