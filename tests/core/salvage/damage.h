// Damage to containers, and what must come of it: for the tests of verify, restore and salvage.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/restore/restore.h"
#include "core/salvage/salvage.h"

namespace ingot {

// What a tree holds, by path: of each entry its type and content, link target or size of holes.
using TreeContent = std::map<std::string, std::string>;
TreeContent ReadTree(const std::string& directory);

// What is in a container: what a restore of it gives, and where in the file its members lie.
struct KnownContainer {
  std::string bytes;
  TreeContent tree;  // as restored when it was whole
  struct Place {
    uint64_t begin = 0;  // of a frame that a member needs
    uint64_t end = 0;    // without the label
    uint64_t label_end = 0;
    bool slice = false;  // without its label only the index can prove what it is
  };
  std::map<std::string, std::vector<Place>> members;  // by path
  std::map<std::string, std::string> carriers;        // of hard links
};
// Restores it to learn what is in it. Aborts when it is not whole.
KnownContainer Know(std::string bytes);

// Whether a member can be had from the bytes: each of its frames lies where it was, unchanged, and
// so does what of their labels it needs without an index.
bool IsWhole(const KnownContainer& known, absl::string_view bytes, const std::string& path,
             bool with_labels = true);

struct SalvageResult {
  absl::Status status;  // of salvage, or else of the restore
  SalvageReport report;
  std::set<std::string> told;  // paths that were told to be lost, by salvage or restore
  TreeContent tree;
};
SalvageResult SalvageFile(const std::string& path, const std::string& target);
SalvageResult SalvageBytes(absl::string_view bytes);

// Salvages the bytes and looks at the result: exactly the members that are whole came back, each as
// it was, and all others were told by name where an index is left.
SalvageResult ExpectExactSalvage(const KnownContainer& known, absl::string_view bytes);

}  // namespace ingot
