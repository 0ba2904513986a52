// What a plan takes, and how what it does not take can be added.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/backup/plan.h"

namespace ingot {

// Paths are absolute.
class Coverage {
 public:
  explicit Coverage(const BackupPlan& plan);

  // Whether `path`, symbolic links followed, is a root of the plan or lies below one.
  bool Covers(const std::string& path) const;
  // Whether a root of the plan lies below `path`: then it cannot be taken as a whole.
  bool HoldsRoot(const std::string& path) const;
  // The exact words that take `path`: "--also PATH" where that goes with the plan and with what was
  // said before; else a snapshot of its own, which names members by their whole paths.
  std::string HowToTake(const std::string& path);

 private:
  std::vector<std::string> roots_;      // real paths
  std::set<std::string> member_names_;  // first parts of members
};

// `path` without symbolic links, or as it is when it does not exist.
std::string RealOrSame(const std::string& path);
// Also true where it cannot be looked at: advice is better given once too often. What the user may
// not look at counts as a directory, not as a file.
bool MayBeDirectory(const std::string& path);
bool MayExist(const std::string& path);
// For a shell: in quotes where it needs them.
std::string ShellWord(absl::string_view word);

}  // namespace ingot
