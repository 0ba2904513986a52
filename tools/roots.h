// The PATHs of a command line as roots of a container: how they are named in it, and which cannot
// go together.
//
// Members are named as tar names them: a leading '/' is stripped, and all through the last "..".
// "./a" keeps its "./" and "." is "."; "/" and what is stripped to nothing are "." too. Other "."
// components and doubled slashes are collapsed (tar keeps them; they name the same thing). A
// trailing slash is not part of the name, but makes a symbolic link stand for what it points to.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/create/create.h"

namespace ingot {

struct MemberName {
  std::string name;
  std::string removed;  // the prefix that was stripped: "/", "../", "a/../"; usually empty
};

// InvalidArgument for an empty path and for a NUL in it.
absl::StatusOr<MemberName> MemberNameOf(absl::string_view path);

// Absolute, without ".", ".." and doubled slashes, by text alone: symbolic links are not looked at.
// REQUIRES: base is absolute.
std::string AbsolutePath(absl::string_view path, absl::string_view base);
// The process's working directory.
absl::StatusOr<std::string> WorkingDirectory();

// Whether `path` is `directory` or lies below it, by text: "a/b" in "a", not "ab" in "a".
bool IsWithin(absl::string_view path, absl::string_view directory);

// realpath(3); of a root that is a symbolic link and not followed, the link's own place.
absl::StatusOr<std::string> RealPath(const TreeRoot& root);

// InvalidArgument when a root does not exist or cannot be followed; other errors as they are.
absl::Status CheckRootExists(const TreeRoot& root);
// As ErrnoStatus; InvalidArgument where a path that is given cannot be right.
absl::Status UsageOrErrno(int error_number, absl::string_view operation, absl::string_view path);

// InvalidArgument when one root lies within another, or when members of two roots, or of a root and
// one of `documents` (members that are no files: "ingot/manifest.json"), would get the same name.
// REQUIRES: the roots exist.
absl::Status CheckRoots(absl::Span<const TreeRoot> roots, absl::Span<const std::string> documents);

// The roots of `create`, checked; `notes` gets one line for each kind of prefix that was stripped.
absl::StatusOr<std::vector<TreeRoot>> RootsOf(const std::vector<std::string>& paths,
                                              std::vector<std::string>* notes);

}  // namespace ingot
