// What else lies in dir.root: repository.h says what is taken of it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/backup/plan.h"

namespace ingot {

// A directory that has been decided about, so that neither it nor what is below it is "other".
struct ClaimedDirectory {
  std::string path;      // absolute; need not exist
  std::string left_out;  // why, for a note when it is met; empty: it is taken by its own stage
};

struct OtherDirectories {
  std::vector<std::string> taken;  // paths below dir_root, sorted
  std::vector<std::string> notes;
  std::vector<std::string> links_to_nothing;
  std::vector<UnreadableRoot> unreadable;  // what may be one
};

// A directory that holds a claimed one is not taken as a whole, but entered. What one may not look
// at is unreadable; any other error ends it, with an errno's code.
absl::StatusOr<OtherDirectories> FindOtherDirectories(const std::string& dir_root,
                                                      const std::vector<ClaimedDirectory>& claimed);

}  // namespace ingot
