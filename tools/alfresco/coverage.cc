#include "tools/alfresco/coverage.h"

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "io/file_stat.h"
#include "tools/preflight/plan_roots.h"
#include "tools/roots.h"

namespace ingot {
namespace {

// There is nothing, or the path is none: too long, a circle of links.
bool LeadsNowhere(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
}

std::string FirstPart(const std::string& member) { return member.substr(0, member.find('/')); }

}  // namespace

Coverage::Coverage(const BackupPlan& plan) {
  member_names_ = {"database", "ingot"};
  for (const TreeRoot& root : RootsOfPlan(plan)) {
    roots_.push_back(RealOrSame(root.source_path));
    member_names_.insert(FirstPart(root.member_path));
  }
}

bool Coverage::Covers(const std::string& path) const {
  const std::string real = RealOrSame(path);
  return std::any_of(roots_.begin(), roots_.end(),
                     [&](const std::string& root) { return IsWithin(real, root); });
}

bool Coverage::HoldsRoot(const std::string& path) const {
  const std::string real = RealOrSame(path);
  return std::any_of(roots_.begin(), roots_.end(),
                     [&](const std::string& root) { return IsWithin(root, real); });
}

std::string Coverage::HowToTake(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (!name.empty() && !HoldsRoot(path) && member_names_.insert(name).second) {
    return absl::StrCat("--also ", ShellWord(path), " takes it");
  }
  return absl::StrCat("'ingot create -o configuration.tar.zst ", ShellWord(path),
                      "' makes a copy of its own");
}

std::string RealOrSame(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) == nullptr ? path : std::string(resolved);
}

bool MayBeDirectory(const std::string& path) {
  const absl::StatusOr<io::FileStat> stat = io::StatPath(path);
  return stat.ok() ? stat->IsDirectory() : !LeadsNowhere(stat.status());
}

bool MayExist(const std::string& path) {
  const absl::Status status = io::StatPath(path).status();
  return !LeadsNowhere(status) && !absl::IsPermissionDenied(status);
}

std::string ShellWord(absl::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("/._-+:=@%,").find(c) != absl::string_view::npos;
  });
  if (plain) return std::string(word);
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace ingot
