#include "tools/roots.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/manifest.h"
#include "io/status.h"

namespace ingot {
namespace {

// "./a" and "a" are the same place in a restored tree; "." is the empty prefix of all.
std::string Place(absl::string_view member) {
  absl::ConsumePrefix(&member, "./");
  return member == "." ? "" : std::string(member);
}

bool PlaceWithin(const std::string& place, const std::string& outer) {
  return outer.empty() || IsWithin(place, outer);
}

// Whether the tree `outer` holds a file at, or something that is no directory on the way to,
// `place`, which is below it.
bool TreeHasPlace(const TreeRoot& outer, const std::string& place) {
  absl::string_view rest = place;
  absl::ConsumePrefix(&rest, Place(outer.member_path));
  absl::ConsumePrefix(&rest, "/");
  struct stat ignored;
  const std::string path = absl::StrCat(outer.source_path, "/", rest);
  return lstat(path.c_str(), &ignored) == 0 || errno == ENOTDIR;
}

absl::Status Collision(const std::string& a, const std::string& b, absl::string_view member) {
  return absl::InvalidArgumentError(absl::StrCat(
      a, " and ", b, " would both be '", member.empty() ? "." : member, "' in the container"));
}

}  // namespace

absl::StatusOr<MemberName> MemberNameOf(absl::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("an empty path names no file");
  if (path.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("a path cannot hold a NUL byte");
  }
  MemberName result;
  std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  size_t first = absl::StartsWith(path, "/") ? 1 : 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "..") first = i + 1;
  }
  if (first > 0) {
    size_t removed_bytes = 0;
    for (size_t i = 0; i < first; ++i) removed_bytes += parts[i].size() + 1;
    while (removed_bytes < path.size() && path[removed_bytes] == '/') ++removed_bytes;
    result.removed = std::string(path.substr(0, removed_bytes));
  }
  const bool keeps_dot = first == 0 && parts[0] == ".";
  std::vector<absl::string_view> kept;
  for (size_t i = first; i < parts.size(); ++i) {
    if (!parts[i].empty() && parts[i] != ".") kept.push_back(parts[i]);
  }
  if (kept.empty()) {
    result.name = ".";
  } else {
    result.name = absl::StrCat(keeps_dot ? "./" : "", absl::StrJoin(kept, "/"));
  }
  return result;
}

std::string AbsolutePath(absl::string_view path, absl::string_view base) {
  const std::string joined =
      absl::StartsWith(path, "/") ? std::string(path) : absl::StrCat(base, "/", path);
  std::vector<absl::string_view> kept;
  for (absl::string_view part : absl::StrSplit(joined, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  return absl::StrCat("/", absl::StrJoin(kept, "/"));
}

absl::StatusOr<std::string> WorkingDirectory() {
  char buffer[PATH_MAX];
  if (getcwd(buffer, sizeof(buffer)) == nullptr) {
    return ErrnoStatus(errno, "find the working directory", ".");
  }
  return std::string(buffer);
}

bool IsWithin(absl::string_view path, absl::string_view directory) {
  if (!absl::ConsumePrefix(&path, directory)) return false;
  return path.empty() || absl::StartsWith(path, "/") || absl::EndsWith(directory, "/");
}

absl::StatusOr<std::string> RealPath(const TreeRoot& root) {
  std::string path = root.source_path;
  std::string last;
  struct stat status;
  if (!root.follow_symlink && lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
    const size_t slash = path.rfind('/');
    last = absl::StrCat("/", path.substr(slash == std::string::npos ? 0 : slash + 1));
    path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  }
  char* resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return ErrnoStatus(errno, "resolve", root.source_path);
  std::string real = resolved;
  std::free(resolved);
  if (real == "/" && !last.empty()) real.clear();
  return real + last;
}

absl::Status UsageOrErrno(int error_number, absl::string_view operation, absl::string_view path) {
  const absl::Status status = ErrnoStatus(error_number, operation, path);
  const bool is_usage = error_number == ENOENT || error_number == ENOTDIR ||
                        error_number == ELOOP || error_number == ENAMETOOLONG;
  return is_usage ? absl::InvalidArgumentError(status.message()) : status;
}

absl::Status CheckRootExists(const TreeRoot& root) {
  struct stat status;
  const int result = root.follow_symlink ? stat(root.source_path.c_str(), &status)
                                         : lstat(root.source_path.c_str(), &status);
  if (result == 0) return absl::OkStatus();
  return UsageOrErrno(errno, "read", root.source_path);
}

absl::Status CheckRoots(absl::Span<const TreeRoot> roots, absl::Span<const std::string> documents) {
  std::vector<std::string> real;
  for (const TreeRoot& root : roots) {
    INGOT_ASSIGN_OR_RETURN(std::string path, RealPath(root));
    real.push_back(std::move(path));
  }
  for (size_t i = 0; i < roots.size(); ++i) {
    const std::string place = Place(roots[i].member_path);
    for (size_t j = 0; j < roots.size(); ++j) {
      if (i == j) continue;
      if (real[i] == real[j]) {
        return absl::InvalidArgumentError(absl::StrCat(roots[i].source_path, " and ",
                                                       roots[j].source_path,
                                                       " are the same: name one of them"));
      }
      if (IsWithin(real[i], real[j])) {
        return absl::InvalidArgumentError(absl::StrCat(roots[i].source_path, " lies within ",
                                                       roots[j].source_path, ": name one of them"));
      }
      const std::string outer = Place(roots[j].member_path);
      if (place == outer || (PlaceWithin(place, outer) && TreeHasPlace(roots[j], place))) {
        return Collision(roots[j].source_path, roots[i].source_path, place);
      }
    }
    for (const std::string& document : documents) {
      if (place == document || PlaceWithin(place, document) ||
          (PlaceWithin(document, place) && TreeHasPlace(roots[i], document))) {
        return Collision(roots[i].source_path, "ingot's own member", document);
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TreeRoot>> RootsOf(const std::vector<std::string>& paths,
                                              std::vector<std::string>* notes) {
  std::vector<TreeRoot> roots;
  std::set<std::string> removed;
  for (const std::string& path : paths) {
    INGOT_ASSIGN_OR_RETURN(MemberName name, MemberNameOf(path));
    if (!name.removed.empty()) removed.insert(name.removed);
    TreeRoot root;
    root.source_path = path;
    root.member_path = std::move(name.name);
    root.follow_symlink = absl::EndsWith(path, "/");
    INGOT_RETURN_IF_ERROR(CheckRootExists(root));
    // A file with a slash behind it was refused by the check; of a directory it says nothing.
    while (root.source_path.size() > 1 && absl::EndsWith(root.source_path, "/")) {
      root.source_path.pop_back();
    }
    roots.push_back(std::move(root));
  }
  INGOT_RETURN_IF_ERROR(CheckRoots(roots, {kFindingsMember, kManifestMember}));
  for (const std::string& prefix : removed) {
    notes->push_back(absl::StrCat("removing leading '", prefix, "' from member names"));
  }
  return roots;
}

}  // namespace ingot
