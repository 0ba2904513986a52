// POSIX ACLs: the kernel's binary form and the text that tar archives carry. FORMAT.md, "Members".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace ingot {

inline constexpr char kAclAccessXattr[] = "system.posix_acl_access";
inline constexpr char kAclDefaultXattr[] = "system.posix_acl_default";

// One line for each entry, "user:1000:r-x\n", ids as numbers. Nothing when it is not an ACL as the
// kernel gives them: version 2, entries in order, one each of owner, group and others.
std::optional<std::string> AclToText(absl::string_view binary);
// What it gives the owning group, as bits of a mode; none where AclToText gives nothing.
uint32_t AclGroupBits(absl::string_view binary);
// The inverse of AclToText: takes what AclToText gives and nothing else.
std::optional<std::string> AclFromText(absl::string_view text);

}  // namespace ingot
