#include "tools/alfresco/other_directories.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "io/directory.h"
#include "io/status.h"
#include "tools/roots.h"

namespace ingot {
namespace {

struct KnownName {
  absl::string_view name;
  absl::string_view why;  // empty: nothing to tell
};
constexpr absl::string_view kLiveIndex = "a live index cannot be copied";
constexpr absl::string_view kDatabaseFiles = "a database's files are no backup of it";
constexpr KnownName kLeftOut[] = {
    {"solrBackup", ""},
    {"solr4Backup", ""},
    {"solr6Backup", ""},
    {"solr", kLiveIndex},
    {"solr4", kLiveIndex},
    {"solr6", kLiveIndex},
    {"lucene-indexes", kLiveIndex},
    {"backup-lucene-indexes", kLiveIndex},
    {"workspace", kLiveIndex},
    {"archive", kLiveIndex},
    {"postgresql", kDatabaseFiles},
    {"mysql", kDatabaseFiles},
    {"mariadb", kDatabaseFiles},
    {"keystore", "keys (--keystore with --set dir.keystore=DIR takes them)"},
    {"lost+found", ""},
};

struct Claim {
  std::string path;
  std::string real;
  std::string left_out;
};

// There is nothing, or it leads nowhere.
bool IsNowhere(int error) { return error == ENOENT || error == ENOTDIR || error == ELOOP; }

// The path itself where there is nothing.
absl::StatusOr<std::string> RealPathOf(const std::string& path) {
  absl::StatusOr<std::string> real = RealPath({.source_path = path, .follow_symlink = true});
  const bool is_nowhere =
      absl::IsNotFound(real.status()) || absl::IsFailedPrecondition(real.status());
  return is_nowhere ? path : real;
}

class Finder {
 public:
  absl::Status AddClaims(const std::string& dir_root,
                         const std::vector<ClaimedDirectory>& claimed) {
    INGOT_ASSIGN_OR_RETURN(const std::string real_root, RealPathOf(dir_root));
    for (const ClaimedDirectory& claim : claimed) {
      if (!absl::StartsWith(claim.path, "/")) continue;  // a property without a value
      absl::StatusOr<std::string> real = RealPathOf(claim.path);
      if (absl::IsPermissionDenied(real.status())) real = claim.path;
      INGOT_RETURN_IF_ERROR(real.status());
      // What holds dir.root as a whole says nothing about what is in it.
      if (!claim.left_out.empty() && IsWithin(real_root, *real)) continue;
      claims_.push_back({claim.path, *std::move(real), claim.left_out});
    }
    return absl::OkStatus();
  }

  absl::Status Search(const std::string& path, bool is_root) {
    INGOT_ASSIGN_OR_RETURN(io::DirectoryNames names, io::ReadDirectoryPath(path));
    names.SortByName();
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string name(names[i]);
      if (absl::StartsWith(name, ".")) continue;
      INGOT_RETURN_IF_ERROR(Decide(path, name, is_root));
    }
    return absl::OkStatus();
  }

  OtherDirectories Take() { return std::move(result_); }

 private:
  // What is decided about elsewhere, or left out anyway, need not be looked at.
  absl::Status NotLookedAt(const std::string& path, int error, bool is_root) {
    for (const Claim& claim : claims_) {
      if (IsWithin(path, claim.path) || IsWithin(path, claim.real)) return absl::OkStatus();
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    if (is_root && IsKnown(name, path)) return absl::OkStatus();
    struct stat status;
    if (IsNowhere(error)) {
      const bool is_link = lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
      if (is_link) result_.links_to_nothing.push_back(path);
      return absl::OkStatus();
    }
    if (error == EACCES) {
      const absl::Status why = ErrnoStatus(error, "stat", path);
      result_.unreadable.push_back({path, std::string(why.message())});
      return absl::OkStatus();
    }
    return ErrnoStatus(error, "stat", path);
  }

  bool IsKnown(const std::string& name, const std::string& path) {
    for (const KnownName& known : kLeftOut) {
      if (name != known.name) continue;
      if (!known.why.empty()) LeaveOut(path, known.why);
      return true;
    }
    return false;
  }

  absl::Status Decide(const std::string& parent, const std::string& name, bool is_root) {
    const std::string path = absl::StrCat(parent, "/", name);
    struct stat status;
    if (stat(path.c_str(), &status) != 0) return NotLookedAt(path, errno, is_root);
    if (!S_ISDIR(status.st_mode)) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const std::string real, RealPathOf(path));
    bool holds_claim = false;
    for (const Claim& claim : claims_) {
      if (IsWithin(real, claim.real)) {
        if (!claim.left_out.empty()) LeaveOut(path, claim.left_out);
        return absl::OkStatus();
      }
      holds_claim = holds_claim || IsWithin(claim.real, real);
    }
    if (is_root && IsKnown(name, path)) return absl::OkStatus();
    if (!holds_claim) {
      result_.taken.push_back(path);
      return absl::OkStatus();
    }
    // A link to somewhere above could lead back here for ever.
    if (lstat(path.c_str(), &status) != 0) return ErrnoStatus(errno, "stat", path);
    if (S_ISLNK(status.st_mode)) {
      LeaveOut(path, "a symbolic link to a directory that holds others of the backup");
      return absl::OkStatus();
    }
    return Search(path, /*is_root=*/false);
  }

  void LeaveOut(absl::string_view path, absl::string_view why) {
    result_.notes.push_back(absl::StrCat("left out: ", path, ": ", why));
  }

  std::vector<Claim> claims_;
  OtherDirectories result_;
};

}  // namespace

absl::StatusOr<OtherDirectories> FindOtherDirectories(
    const std::string& dir_root, const std::vector<ClaimedDirectory>& claimed) {
  Finder finder;
  INGOT_RETURN_IF_ERROR(finder.AddClaims(dir_root, claimed));
  INGOT_RETURN_IF_ERROR(finder.Search(dir_root, /*is_root=*/true));
  return finder.Take();
}

}  // namespace ingot
