#include "core/glob.h"

#include <fnmatch.h>

#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace ingot {
namespace {

absl::string_view Trim(absl::string_view path) {
  while (absl::ConsumePrefix(&path, "./") || absl::ConsumePrefix(&path, "/")) {
  }
  while (absl::ConsumeSuffix(&path, "/")) {
  }
  return path == "." ? absl::string_view() : path;
}

bool MatchesName(const std::string& pattern, absl::string_view name) {
  return fnmatch(pattern.c_str(), std::string(name).c_str(), 0) == 0;
}

bool MatchesAnyComponent(const std::string& pattern, absl::string_view path) {
  for (const absl::string_view component : absl::StrSplit(path, '/')) {
    if (MatchesName(pattern, component)) return true;
  }
  return false;
}

// The path, or one of the directories above it.
bool MatchesFromStart(const std::string& pattern, absl::string_view path) {
  for (size_t end = path.find('/'); end != absl::string_view::npos; end = path.find('/', end + 1)) {
    if (MatchesName(pattern, path.substr(0, end))) return true;
  }
  return MatchesName(pattern, path);
}

// REQUIRES: both are trimmed.
bool MatchesTrimmed(const std::string& pattern, absl::string_view path) {
  if (pattern.empty()) return true;
  if (path.empty()) return false;
  return pattern.find('/') == std::string::npos ? MatchesAnyComponent(pattern, path)
                                                : MatchesFromStart(pattern, path);
}

// REQUIRES: the pattern is trimmed and has a '/'.
PathPrefix PrefixOf(absl::string_view pattern) {
  PathPrefix prefix;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool escapes = pattern[i] == '\\' && i + 1 < pattern.size();
    if (escapes) ++i;
    if (!escapes && absl::string_view("*?[\\").find(pattern[i]) != absl::string_view::npos) {
      return prefix;
    }
    prefix.text.push_back(pattern[i]);
  }
  prefix.whole = true;
  return prefix;
}

}  // namespace

GlobSet::GlobSet(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {
  for (const std::string& pattern : patterns_) trimmed_.emplace_back(Trim(pattern));
}

bool GlobSet::Matches(absl::string_view path) const {
  for (const std::string& pattern : trimmed_) {
    if (MatchesTrimmed(pattern, Trim(path))) return true;
  }
  return false;
}

bool GlobSet::MatchesOne(const std::string& pattern, absl::string_view path) {
  return MatchesTrimmed(std::string(Trim(pattern)), Trim(path));
}

std::optional<std::vector<PathPrefix>> GlobSet::Prefixes() const {
  if (empty()) return std::nullopt;
  std::vector<PathPrefix> prefixes;
  for (const std::string& pattern : trimmed_) {
    if (pattern.find('/') == std::string::npos) return std::nullopt;
    prefixes.push_back(PrefixOf(pattern));
    if (prefixes.back().text.empty()) return std::nullopt;
  }
  return prefixes;
}

}  // namespace ingot
