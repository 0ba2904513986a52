// tar headers -> members. FORMAT.md, "Members".
//
// What is parsed is encoded again and compared, so whatever the parser lets pass but no encoder
// writes is refused all the same; the parser's own checks are those that safety and clear messages
// need.
#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/format/acl.h"
#include "core/format/pax.h"
#include "core/format/sparse_map.h"
#include "core/format/tar.h"
#include "core/format/ustar.h"
#include "core/json.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr size_t kPatchableSizeDigits = 20;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("tar header: ", what));
}

// The member as far as it is known, and what only the pax header said.
struct Draft {
  Member member;
  uint64_t entry_bytes = 0;  // of the stream behind the header block: map and content
  bool patchable = false;
  bool has_real_size = false;
  bool has_sparse_name = false;
};

absl::StatusOr<uint64_t> Number(const PaxRecord& record, uint64_t max) {
  const std::optional<uint64_t> value = ParseDecimal(record.value);
  if (!value.has_value() || *value > max) {
    return Damaged(absl::StrCat("pax ", record.keyword, " is out of range or not a number"));
  }
  return *value;
}

absl::Status ApplyAcl(const PaxRecord& record, const char* xattr_name, Draft* draft) {
  std::optional<std::string> binary = AclFromText(record.value);
  if (!binary.has_value()) return Damaged(absl::StrCat("pax ", record.keyword, " is not an ACL"));
  draft->member.xattrs.push_back({xattr_name, *std::move(binary)});
  return absl::OkStatus();
}

absl::Status ApplyNumber(const PaxRecord& record, Draft* draft) {
  Member& member = draft->member;
  if (record.keyword == pax::kSize) {
    INGOT_ASSIGN_OR_RETURN(draft->entry_bytes, Number(record, kMemberSizeMax));
    draft->patchable = record.value.size() == kPatchableSizeDigits;
  } else if (record.keyword == pax::kUid) {
    INGOT_ASSIGN_OR_RETURN(const uint64_t uid, Number(record, UINT32_MAX));
    member.uid = static_cast<uint32_t>(uid);
  } else if (record.keyword == pax::kGid) {
    INGOT_ASSIGN_OR_RETURN(const uint64_t gid, Number(record, UINT32_MAX));
    member.gid = static_cast<uint32_t>(gid);
  } else if (record.keyword == pax::kMtime) {
    const std::optional<io::Timestamp> time = ParsePaxTime(record.value);
    if (!time.has_value()) return Damaged("pax mtime is not a time");
    member.mtime = *time;
  } else if (record.keyword == pax::kSparseRealSize) {
    INGOT_ASSIGN_OR_RETURN(member.size, Number(record, kMemberSizeMax));
    draft->has_real_size = true;
  } else if (!(record.keyword == pax::kSparseMajor && record.value == "1") &&
             !(record.keyword == pax::kSparseMinor && record.value == "0") &&
             !(record.keyword == pax::kHeaderCharset && record.value == pax::kBinary)) {
    return Damaged(absl::StrCat("unknown pax record ", EscapeForTerminal(record.keyword)));
  }
  return absl::OkStatus();
}

absl::Status Apply(const PaxRecord& record, Draft* draft) {
  Member& member = draft->member;
  absl::string_view xattr_name = record.keyword;
  if (record.keyword == pax::kPath || record.keyword == pax::kSparseName) {
    member.path = std::string(record.value);
    draft->has_sparse_name = record.keyword == pax::kSparseName;
  } else if (record.keyword == pax::kLinkPath) {
    member.link_target = std::string(record.value);
  } else if (record.keyword == pax::kUserName) {
    member.user_name = std::string(record.value);
  } else if (record.keyword == pax::kGroupName) {
    member.group_name = std::string(record.value);
  } else if (record.keyword == pax::kAclAccess) {
    return ApplyAcl(record, kAclAccessXattr, draft);
  } else if (record.keyword == pax::kAclDefault) {
    return ApplyAcl(record, kAclDefaultXattr, draft);
  } else if (absl::ConsumePrefix(&xattr_name, pax::kXattrPrefix)) {
    member.xattrs.push_back({UnescapeXattrName(xattr_name), std::string(record.value)});
  } else {
    return ApplyNumber(record, draft);
  }
  return absl::OkStatus();
}

absl::Status ApplyAll(const std::vector<PaxRecord>& records, Draft* draft) {
  for (const PaxRecord& record : records) INGOT_RETURN_IF_ERROR(Apply(record, draft));
  draft->member.sparse = draft->has_sparse_name || draft->has_real_size;
  if (draft->member.sparse && !(draft->has_sparse_name && draft->has_real_size)) {
    return Damaged("an incomplete sparse member");
  }
  return absl::OkStatus();
}

Draft FromUstar(const UstarFields& fields) {
  Draft draft;
  Member& member = draft.member;
  member.path = std::string(fields.name);
  member.type = static_cast<MemberType>(fields.type);
  member.mode = fields.mode;
  member.uid = static_cast<uint32_t>(fields.uid);
  member.gid = static_cast<uint32_t>(fields.gid);
  member.user_name = std::string(fields.user_name);
  member.group_name = std::string(fields.group_name);
  member.mtime.seconds = static_cast<int64_t>(fields.mtime);
  member.link_target = std::string(fields.link_name);
  member.device_major = static_cast<uint32_t>(fields.device_major);
  member.device_minor = static_cast<uint32_t>(fields.device_minor);
  draft.entry_bytes = fields.size;
  return draft;
}

// The pax records at the start of `stream` and the ustar block behind them.
struct Blocks {
  std::vector<PaxRecord> records;
  UstarFields fields;
  uint64_t bytes = 0;
};

absl::StatusOr<Blocks> ReadBlocks(absl::Span<const char> stream) {
  Blocks blocks;
  INGOT_ASSIGN_OR_RETURN(blocks.fields, ParseUstar(stream.subspan(0, kTarBlockBytes)));
  blocks.bytes = kTarBlockBytes;
  if (blocks.fields.type != kUstarPaxHeader) return blocks;
  const uint64_t records_bytes = blocks.fields.size;
  if (records_bytes > kHeaderBytesMax) return Damaged("too much metadata");
  const uint64_t second = kTarBlockBytes + records_bytes + TarPadding(records_bytes);
  if (second + kTarBlockBytes > stream.size()) return Damaged("cut off");
  INGOT_ASSIGN_OR_RETURN(blocks.records, ParsePaxRecords(absl::string_view(
                                             stream.data() + kTarBlockBytes, records_bytes)));
  INGOT_ASSIGN_OR_RETURN(blocks.fields, ParseUstar(stream.subspan(second, kTarBlockBytes)));
  blocks.bytes = second + kTarBlockBytes;
  return blocks;
}

absl::Status CheckCanonical(const TarHeader& header, bool patchable,
                            absl::Span<const char> stream) {
  const absl::StatusOr<std::string> again =
      patchable ? EncodePatchableTarHeader(header.member) : EncodeTarHeader(header.member);
  if (!again.ok()) return Damaged(again.status().message());
  const absl::string_view bytes(stream.data(), static_cast<size_t>(header.header_bytes));
  if (*again != bytes) return Damaged("not in the form that ingot writes");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TarHeader> ParseTarHeader(absl::Span<const char> stream) {
  if (stream.size() < kTarBlockBytes) return Damaged("cut off");
  stream = stream.subspan(0, kHeaderBytesMax);
  INGOT_ASSIGN_OR_RETURN(const Blocks blocks, ReadBlocks(stream));
  Draft draft = FromUstar(blocks.fields);
  INGOT_RETURN_IF_ERROR(ApplyAll(blocks.records, &draft));

  TarHeader header;
  Member& member = draft.member;
  header.header_bytes = blocks.bytes;
  header.content_bytes = draft.entry_bytes;
  if (member.type == MemberType::kDirectory && absl::EndsWith(member.path, "/"))
    member.path.pop_back();
  std::sort(member.xattrs.begin(), member.xattrs.end(),
            [](const io::ExtendedAttribute& a, const io::ExtendedAttribute& b) {
              return a.name < b.name;
            });
  if (member.sparse) {
    INGOT_ASSIGN_OR_RETURN(SparseMap map,
                           ParseSparseMap(stream.subspan(blocks.bytes), member.size));
    member.extents = std::move(map.extents);
    header.header_bytes += map.map_bytes;
    header.content_bytes = member.StoredContentBytes();
    if (draft.entry_bytes != map.map_bytes + header.content_bytes) {
      return Damaged("a sparse member's data is not as long as its map says");
    }
  } else {
    member.size = draft.entry_bytes;
  }
  header.member = std::move(member);
  INGOT_RETURN_IF_ERROR(CheckCanonical(header, draft.patchable, stream));
  return header;
}

}  // namespace ingot
