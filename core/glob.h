// Shell patterns over member paths, for --exclude and for the PATTERNs of list and restore.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ingot {

// What paths begin with.
struct PathPrefix {
  std::string text;
  bool whole = false;  // a path that has it is it, or lies below it
  bool operator==(const PathPrefix&) const = default;
};

// fnmatch(3) patterns: * ? [...] and \. A pattern without '/' is tried on every component of the
// path, one with '/' on the whole path from its start; `*` also matches '/' in the latter. A match
// on a directory covers all below it. Leading "./" and "/" and trailing "/" do not count on either
// side; a pattern of nothing else ("." and "/") matches every path.
class GlobSet {
 public:
  explicit GlobSet(std::vector<std::string> patterns);
  bool empty() const { return patterns_.empty(); }
  // Whether the path or a directory above it matches any pattern.
  bool Matches(absl::string_view path) const;
  // The same for one pattern: who must tell which pattern matched nothing asks for each.
  static bool MatchesOne(const std::string& pattern, absl::string_view path);
  // One for each pattern: what every path that it matches begins with, the path trimmed as above.
  // Nothing when some pattern can match anywhere, or there are none.
  std::optional<std::vector<PathPrefix>> Prefixes() const;
  const std::vector<std::string>& patterns() const { return patterns_; }  // as given

 private:
  std::vector<std::string> patterns_;
  std::vector<std::string> trimmed_;
};

}  // namespace ingot
