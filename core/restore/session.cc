#include "core/restore/session.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/format/acl.h"
#include "io/identity.h"
#include "io/status.h"

namespace ingot {

bool RestoreSession::IsInRoot(absl::string_view member_path) const {
  return options->root.empty() || member_path == options->root ||
         LiesBelow(member_path, options->root);
}

absl::StatusOr<absl::string_view> RestoreSession::PathOf(const IndexEntry& entry) const {
  INGOT_ASSIGN_OR_RETURN(absl::string_view path, RelativePath(entry.path));
  if (options->root.empty()) return path;
  INGOT_CHECK(IsInRoot(path));
  path.remove_prefix(std::min(path.size(), options->root.size() + 1));
  return path;
}

io::Metadata RestoreSession::MetadataOf(const IndexEntry& entry,
                                        absl::Span<const io::ExtendedAttribute> xattrs) const {
  io::Metadata metadata;
  metadata.mode = entry.mode;
  metadata.uid = entry.uid;
  metadata.gid = entry.gid;
  if (!options->numeric_owner) {
    if (!entry.user_name.empty()) {
      metadata.uid = io::UserId(entry.user_name).value_or(entry.uid);
    }
    if (!entry.group_name.empty()) {
      metadata.gid = io::GroupId(entry.group_name).value_or(entry.gid);
    }
  }
  metadata.mtime = entry.mtime;
  metadata.xattrs = xattrs;
  for (const io::ExtendedAttribute& xattr : xattrs) {
    if (xattr.name == kAclAccessXattr) metadata.acl_group_bits = AclGroupBits(xattr.value);
  }
  metadata.change_owner = as_root;
  metadata.drop_inherited_acls = tree->inherits_acls();
  return metadata;
}

absl::StatusOr<io::NewEntryName> RestoreSession::PlaceOf(absl::string_view path,
                                                         io::DirectoryCache* directories) const {
  INGOT_ASSIGN_OR_RETURN(io::SharedFd parent, directories->Open(ParentPath(path)));
  return io::NewEntryName{std::move(parent), std::string(LastComponent(path)),
                          absl::StrCat(tree->top(), "/", path), options->replace, write_limit};
}

}  // namespace ingot
